package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/web/edge/workerd"
)

// databasesOfD1 is how many D1 databases the workerd of a process has. A test takes one and gives it back; none uses more at the
// same time.
const databasesOfD1 = 8

// d1 is the one workerd of this process: started by the first test that asks, stopped by Main after the last.
var d1 struct {
	sync.Once
	process *workerd.Process
	free    chan string
	opened  sync.Map // names of databases that have been migrated
	err     error
}

// OpenD1 gives an empty store in a D1 database of workerd, as the edge host has it, over HTTP (web/edge/test). t is skipped only
// where Node.js or what web/edge needs of npm is not installed.
func OpenD1(t testing.TB) *store.Store {
	t.Helper()
	d1.Do(func() {
		d1.process, d1.err = workerd.Start("test/d1.mjs", fmt.Sprint(databasesOfD1))
		d1.free = make(chan string, databasesOfD1)
		for i := range databasesOfD1 {
			d1.free <- fmt.Sprint("d", i)
		}
	})
	switch {
	case errors.Is(d1.err, workerd.ErrMissing):
		t.Skip(d1.err)
	case d1.err != nil:
		t.Fatal(d1.err)
	}
	name := <-d1.free
	t.Cleanup(func() { d1.free <- name })
	ctx := context.Background()
	_, known := d1.opened.Load(name)
	if known {
		if _, err := askD1(ctx, name+"/reset", nil); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.OpenDB(ctx, store.D1(func(ctx context.Context, request []byte) ([]byte, error) {
		return askD1(ctx, name, request)
	}), store.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	if !known {
		if _, err := askD1(ctx, name+"/keep", nil); err != nil {
			t.Fatal(err)
		}
		d1.opened.Store(name, true)
	}
	return s
}

func askD1(ctx context.Context, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d1.process.Address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := workerd.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("workerd: status %d: %s", res.StatusCode, answer)
	}
	return answer, err
}

func stopD1() {
	if d1.process != nil {
		d1.process.Stop()
	}
}
