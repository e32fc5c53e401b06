package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// unisolated leaves the headers out that isolate a page across origins.
type unisolated struct{ http.ResponseWriter }

func (u unisolated) Write(b []byte) (int, error) {
	u.Header().Del("Cross-Origin-Opener-Policy")
	u.Header().Del("Cross-Origin-Embedder-Policy")
	return u.ResponseWriter.Write(b)
}

// withoutIsolation serves what server does, without those headers.
func withoutIsolation(t *testing.T, server *httptest.Server) *httptest.Server {
	t.Helper()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.Config.Handler.ServeHTTP(unisolated{w}, r)
	}))
	t.Cleanup(plain.Close)
	return plain
}

// TestThreadsOfAnImage: what the device says of its threads, with the headers of isolation and without.
func TestThreadsOfAnImage(t *testing.T) {
	isolated := deviceServer(t)
	for _, c := range []struct {
		name     string
		url      string
		isolated bool
		threads  float64
		why      string
	}{
		{"isolated", isolated.URL, true, float64(min(runtime.NumCPU(), 4)), ""},
		{"not isolated", withoutIsolation(t, isolated).URL, false, 1, "not_isolated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.isolated && runtime.NumCPU() == 1 {
				c.why = "one_core"
			}
			p := newPerson(t, 1200, 800)
			p.open(c.url + "/devicetest.html")
			p.until("the API worker", `document.body.dataset.state === 'ready'`, 30*time.Second)
			if got := eval[bool](p, `crossOriginIsolated`); got != c.isolated {
				t.Fatalf("the page is isolated: %v", got)
			}
			a := want(p, "GET", "/api/capabilities", "undefined")
			got, _ := a.JSON["image_threads"].(float64)
			if why := a.text("one_thread"); why != c.why || (got > 1) != (c.threads > 1) || got > c.threads {
				t.Errorf("%g threads, %q; at most %g and %q are right", got, why, c.threads, c.why)
			}
		})
	}
}

// TestTrainingTellsOfThreads: before a training people read in how many threads an image is computed, and what a server that
// isolates no page has to send.
func TestTrainingTellsOfThreads(t *testing.T) {
	isolated := site(t, nil)
	each := fmt.Sprintf("in up to %d threads each.", min(runtime.NumCPU(), 4))
	eachKo := fmt.Sprintf("한 장에 스레드 최대 %d개로 계산합니다.", min(runtime.NumCPU(), 4))
	if runtime.NumCPU() != 2 { // more cores are shared out among several images
		each, eachKo = "thread", "스레드"
	}
	for _, c := range []struct{ name, url, en, ko, not string }{
		{"isolated", isolated.URL, each, eachKo, "Cross-Origin"},
		{
			"not isolated", withoutIsolation(t, isolated).URL,
			"in one thread each. More threads for an image need the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, which the server of this page does not send.",
			"이 페이지의 서버가 Cross-Origin-Opener-Policy: same-origin 헤더와 Cross-Origin-Embedder-Policy: require-corp 헤더를 보내지 않아, 한 이미지에 스레드를 하나만 쓸 수 있습니다.",
			"up to",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, 1440, 900)
			p.open(c.url)
			p.click("Try “Fashion-MNIST”")
			p.sees("100 of 600 labelled", 2*time.Minute)
			p.click("Label Exports")
			p.click("New export")
			p.click("Create export")
			says := func(button, words string) {
				t.Helper()
				p.click(button)
				p.until("the sentence about threads", `document.getElementById('train-threads')`, time.Minute)
				text := eval[string](p, `document.getElementById('train-threads').innerText`)
				if !strings.HasSuffix(text, words) && (c.not != "Cross-Origin" || !strings.Contains(text, words)) || strings.Contains(text, c.not) {
					t.Errorf("the dialog says %q; it should end in %q", text, words)
				}
				p.shot("threads-" + strings.ReplaceAll(c.name, " ", "-") + "-" + eval[string](p, `document.documentElement.lang`))
				p.press(kb.Escape)
				p.until("no dialog", `!document.querySelector('dialog[open]')`, 10*time.Second)
			}
			says("Create Custom Auto-Label AI", c.en)
			p.click("한국어로 보기")
			says("커스텀 오토라벨 AI 만들기", c.ko)
		})
	}
}
