package e2e

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

// setup prepares a host through its API, as a person would find it.
type setup struct {
	t *testing.T
	*client.Client
}

func newSetup(t *testing.T, url string) *setup {
	t.Helper()
	transport, err := httpclient.New(url)
	if err != nil {
		t.Fatal(err)
	}
	return &setup{t, client.New(transport)}
}

// digits makes a project of n photos of each digit. flip says which of them come under a wrong label; their names tell
// the truth: TRUTH-NUMBER.jpg.
func (s *setup) digits(n int, flip func(digit, i int) int) string {
	s.t.Helper()
	ctx := context.Background()
	p := domain.Project{Name: "Hand signs", Task: domain.TaskSingle}
	for d := range 10 {
		p.Classes = append(p.Classes, domain.Class{Name: fmt.Sprint(d)})
	}
	p, err := s.CreateProject(ctx, p)
	if err != nil {
		s.t.Fatal(err)
	}
	in, err := s.StartImport(ctx, p.ID, client.ImportOptions{Labels: "folder"})
	for d := range 10 {
		files, _ := filepath.Glob(filepath.Join(photosPath, fmt.Sprint(d), "*"))
		if len(files) < n {
			s.t.Skipf("the sign-digit photos are not there: %s", photosPath)
		}
		for i, file := range files[:n] {
			data, readErr := os.ReadFile(file)
			if readErr != nil || err != nil {
				s.t.Fatal(readErr, err)
			}
			_, err = s.ImportFile(ctx, p.ID, in.ID, fmt.Sprintf("%d/%d-%02d.jpg", flip(d, i), d, i), nil, data)
		}
	}
	if err == nil {
		_, err = s.FinishImport(ctx, p.ID, in.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return p.ID
}

// train makes a model of all that is labelled.
func (s *setup) train(project string) string {
	s.t.Helper()
	ctx := context.Background()
	e, err := s.CreateExport(ctx, project, "All labels", domain.Filter{States: []domain.State{domain.StateLabelled}})
	if err != nil {
		s.t.Fatal(err)
	}
	j, err := s.Train(ctx, project, domain.TrainRequest{ExportID: e.ID})
	for deadline := time.Now().Add(2 * time.Minute); err == nil && (j.State == domain.JobQueued || j.State == domain.JobRunning); {
		if time.Now().After(deadline) {
			s.t.Fatalf("the job is %+v", j)
		}
		time.Sleep(100 * time.Millisecond) // between looks at the job
		j, err = s.Job(ctx, j.ID)
	}
	if err != nil || j.State != domain.JobDone {
		s.t.Fatalf("the job is %+v, %v", j, err)
	}
	return j.ModelID
}

// looksOf keeps pictures of a screen in both colours and languages, wide and narrow, so many pixels high. title is its heading
// in English.
func (l *loop) looksOf(name, title string, height int64) {
	if l.shots == "" {
		return
	}
	for _, width := range []int64{1440, 390} {
		l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1}))
		for _, language := range []string{"en", "ko"} {
			l.until("the language", fmt.Sprintf(`document.documentElement.lang === %q && document.querySelector('h1')`, language), time.Minute)
			l.until("pictures", `!document.querySelector('.loading') && [...document.querySelectorAll('img')].every(i => i.complete && i.src)`, time.Minute)
			l.shot(fmt.Sprintf("%s-%d-%s", name, width, language))
			l.click(map[string]string{"en": "Switch to dark colours", "ko": "어두운 화면으로"}[language])
			l.shot(fmt.Sprintf("%s-%d-%s-dark", name, width, language))
			l.click(map[string]string{"en": "Switch to light colours", "ko": "밝은 화면으로"}[language])
			l.click(map[string]string{"en": "한국어로 보기", "ko": "View in English"}[language])
		}
		l.sees(title, time.Minute)
	}
	l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1440, Height: 900, DeviceScaleFactor: 1}))
	eval[bool](l.person, `(document.activeElement.blur(), true)`) // keys are the screen's again
}

// doubted is the name of the image that is asked about, "" where none is.
func (l *loop) doubted() string {
	return path.Base(eval[string](l.person, `(document.querySelector('.su-file b') || {innerText: ''}).innerText`))
}

// decided waits until the screen counts n decisions.
func (l *loop) decided(n, all int) {
	l.t.Helper()
	l.sees(fmt.Sprintf("%d of %d decided", n, all), time.Minute)
}

// TestProbableLabelErrors gives photos wrong labels on purpose: the model's card shows them, one key fixes each, another
// keeps what is right, undo takes both back, and what was kept is not asked again by the next model.
func TestProbableLabelErrors(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	rng, flipped := rand.New(rand.NewSource(3)), map[string]bool{}
	project := s.digits(25, func(digit, i int) int {
		if i != 7 || digit == 0 {
			return digit
		}
		flipped[fmt.Sprintf("%d-%02d.jpg", digit, i)] = true
		return (digit + 1 + rng.Intn(9)) % 10
	})
	model := s.train(project)
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/ai")
	l.sees("labels look wrong", time.Minute)
	l.click("Details")
	l.sees("Labels that look wrong", time.Minute)
	l.until("thumbnails", `[...document.querySelectorAll('.su-card img')].length > 4 && [...document.querySelectorAll('.su-card img')].every(i => i.naturalWidth > 0)`, time.Minute)
	l.looksOf("60-suspects-card", "Custom Auto-Label", 900)
	list, err := s.Suspects(context.Background(), project, model, 100)
	if err != nil || list.Open != list.Total || len(list.Items) != list.Total {
		t.Fatalf("%d of %d are open: %v", list.Open, list.Total, err)
	}
	wrong := map[string]bool{}
	for _, f := range list.Items {
		if name := path.Base(f.Asset.Name); flipped[name] {
			wrong[name] = true
		}
	}
	if len(wrong) < 7 || list.Total > 2*len(flipped) {
		t.Errorf("%d of %d wrong labels are among the %d that are doubted", len(wrong), len(flipped), list.Total)
	}
	l.click("Check")
	l.decided(0, list.Total)
	l.until("the image", `(i => i && i.naturalWidth > 0)(document.querySelector('.su-picture img'))`, time.Minute)
	l.looksOf("61-suspects", "Probable label errors", 900)

	keepers := l.goThrough(wrong, list.Total)
	l.sees("All doubtful labels are decided", time.Minute)
	l.shot("62-suspects-finished")
	for name := range wrong {
		page, err := s.Assets(context.Background(), project, domain.Filter{Text: name}, "", "", 1)
		if err != nil || len(page.Items) != 1 {
			t.Fatal(err)
		}
		p, _ := s.Project(context.Background(), project)
		label := page.Items[0].Label
		for _, c := range p.Classes {
			if c.ID == label.Classes[0].ClassID && c.Name != name[:1] {
				t.Errorf("%s is still labelled %s", name, c.Name)
			}
		}
	}
	l.press("z")
	l.decided(list.Total-1, list.Total)
	l.press("s")
	l.sees("One image is put aside", time.Minute)
	l.click("Look at them again")
	l.press("k")
	l.decided(list.Total, list.Total)

	next, err := s.Suspects(context.Background(), project, s.train(project), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range next.Items {
		if keepers[path.Base(f.Asset.Name)] {
			t.Errorf("%s was kept and is asked again", f.Asset.Name)
		}
	}
	t.Logf("of %d wrong labels %d were found among %d that were doubted, %d were kept; the next model doubts %d more", len(flipped), len(wrong), list.Total, len(keepers), next.Open)
}

// goThrough decides all suspects by key and gives those that were kept.
func (l *loop) goThrough(wrong map[string]bool, all int) map[string]bool {
	l.t.Helper()
	found, keepers := 0, map[string]bool{}
	for n := range all {
		l.until("an image", `document.querySelector('.su-file b')`, time.Minute)
		name, key := l.doubted(), "k"
		if wrong[name] {
			found++
			key = kb.Enter
			if found%2 == 0 {
				key = " "
			}
		} else {
			keepers[name] = true
		}
		l.press(key)
		l.decided(n+1, all)
	}
	if found != len(wrong) {
		l.t.Errorf("%d of %d wrong labels were asked about", found, len(wrong))
	}
	return keepers
}
