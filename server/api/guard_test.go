package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPanicsStayInside wants a problem where nothing was sent yet, and a broken connection where something was.
func TestPanicsStayInside(t *testing.T) {
	s := &server{Config: Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, cross: http.NewCrossOriginProtection()}
	mux := http.NewServeMux()
	mux.Handle("GET /early", s.handle(Open, func(http.ResponseWriter, *http.Request) error { panic("secret") }))
	mux.Handle("GET /late", s.handle(Open, func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = w.Write([]byte("half"))
		panic("secret")
	}))
	mux.Handle("GET /failed", s.handle(Open, func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = w.Write([]byte("half"))
		return errors.New("secret")
	}))
	server := httptest.NewServer(s.outermost(mux))
	defer server.Close()
	res, err := server.Client().Get(server.URL + "/early")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 500 || !strings.Contains(string(body), `"code":"internal"`) || strings.Contains(string(body), "secret") {
		t.Errorf("%d %s, %v", res.StatusCode, body, err)
	}
	_ = res.Body.Close()
	for _, path := range []string{"/late", "/failed"} {
		res, err := server.Client().Get(server.URL + path)
		if err != nil {
			continue // broken off before anything came
		}
		if body, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("%s: a whole answer: %s", path, body)
		}
		_ = res.Body.Close()
	}
}

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"cats.zip":       `attachment; filename="cats.zip"; filename*=UTF-8''cats.zip`,
		"고양이 1.zip":      `attachment; filename="___ 1.zip"; filename*=UTF-8''%EA%B3%A0%EC%96%91%EC%9D%B4%201.zip`,
		`a"b/../c;d.csv`: `attachment; filename="a_b_.._c_d.csv"; filename*=UTF-8''a%22b_.._c%3Bd.csv`,
		"x\r\ny":         `attachment; filename="x__y"; filename*=UTF-8''x%0D%0Ay`,
	} {
		if got := disposition(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}
