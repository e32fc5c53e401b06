package limit_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/limit"
)

func TestSoManyAtTheSameTime(t *testing.T) {
	begun, wait, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	route := limit.New().Around(api.Route{Pattern: "POST /api/projects/{project}/imports/{import}/files", Do: func(http.ResponseWriter, *http.Request) error {
		begun <- struct{}{}
		<-wait
		return nil
	}})
	send := func() error {
		return route.Do(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	}
	for range limit.PerCaller {
		go func() { ended <- send() }()
		<-begun
	}
	if p := domain.AsProblem(send()); p.Status != 429 || p.RetryAfter != 1 {
		t.Errorf("one too many: %+v", p)
	}
	wait <- struct{}{}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	go func() { ended <- send() }() // there is a place again
	<-begun
	close(wait)
	for range limit.PerCaller {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestLightRoutesAreNotCounted(t *testing.T) {
	light := api.Route{Pattern: "POST /api/projects/{project}/labels", Do: func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusTeapot)
		return nil
	}}
	g := limit.New()
	var nested func(n int) error
	nested = func(n int) error {
		if n == 0 {
			return nil
		}
		return g.Around(api.Route{Pattern: light.Pattern, Do: func(http.ResponseWriter, *http.Request) error { return nested(n - 1) }}).
			Do(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	}
	if err := nested(3 * limit.PerCaller); err != nil {
		t.Error(err)
	}
}
