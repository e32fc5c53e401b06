package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

const (
	dailyLabellers = 12
	loadImages     = 25 // of each labeller
	loadLimit      = 250 * time.Millisecond
)

// TestManyLabellers lets IRUM_LABELLERS people with accounts of their own label in one project of a running `irum serve`, over
// HTTP with API tokens, for IRUM_LABEL_SECONDS: first each about one image a second, reading the image's row before, then as
// fast as the server answers. Every answer must be right and everything must be there afterwards; where IRUM_LABELLERS asks
// for it, the 99th percentile at people's pace must be within the limit.
func TestManyLabellers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		data := t.TempDir()
		var l *load
		t.Run("prepare", func(t *testing.T) { l = prepareLoad(t, storetest.OpenSQLite(t, filepath.Join(data, "irum.db"))) })
		l.run(t, serveData(t, data, "--team"))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := storetest.Postgres(t)
		var l *load
		t.Run("prepare", func(t *testing.T) { l = prepareLoad(t, storetest.OpenPostgresAt(t, dsn)) })
		l.run(t, serveData(t, t.TempDir(), "--team", "--db", "postgres:///?"+strings.Join(strings.Fields(dsn), "&")))
	})
}

// load is a project and the people who label in it.
type load struct {
	project string
	people  []*labeller
	http    *http.Client
}

type labeller struct {
	token  string
	assets []string
	said   map[string]string // class by asset, as acknowledged last
	posts  []time.Duration
	gets   []time.Duration
	errs   []error
}

func prepareLoad(t *testing.T, s *store.Store) *load {
	n, ctx := many(t, "IRUM_LABELLERS", dailyLabellers), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	owner, err := s.AddFirstUser(ctx, store.UserRecord{User: domain.User{Email: "owner@irum.example", Name: "Owner"}})
	must(err)
	p, err := s.CreateProject(ctx, domain.Project{Name: "Load", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "a", Name: "A"}, {ID: "b", Name: "B"}, {ID: "c", Name: "C"}}})
	must(err)
	l := &load{project: p.ID, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, MaxConnsPerHost: 0}}}
	for i := range n {
		token := sha256.Sum256(fmt.Append(nil, "invitation", i))
		inv, err := s.AddInvitation(ctx, domain.Invitation{
			Workspace: domain.HomeWorkspace, Role: domain.RoleLabeller, By: owner.ID, ExpiresAt: time.Now().Add(time.Hour),
		}, hex.EncodeToString(token[:]))
		must(err)
		u, err := s.AcceptNew(ctx, inv, store.UserRecord{User: domain.User{Email: fmt.Sprintf("p%d@irum.example", i), Name: fmt.Sprint("Person ", i)}})
		must(err)
		who := &labeller{token: fmt.Sprint("irum_test", i), said: map[string]string{}}
		sum := sha256.Sum256([]byte(who.token))
		_, err = s.AddToken(ctx, u.ID, domain.Token{Name: "load", Scopes: domain.Rights}, hex.EncodeToString(sum[:]))
		must(err)
		var images []domain.Asset
		for k := range loadImages {
			name := fmt.Sprintf("%d/%d.jpg", i, k)
			images = append(images, domain.Asset{Name: name, SHA256: blob.Sum([]byte(name)), Format: "jpeg", Width: 640, Height: 480, Bytes: 40_000})
		}
		added, err := s.AddAssets(ctx, p.ID, images, store.LabelWrite{})
		must(err)
		for _, a := range added.Assets {
			who.assets = append(who.assets, a.ID)
		}
		l.people = append(l.people, who)
	}
	return l
}

func (l *load) run(t *testing.T, d *daemon) {
	length := time.Duration(many(t, "IRUM_LABEL_SECONDS", 1)) * time.Second
	pace := time.Second
	if os.Getenv("IRUM_LABELLERS") == "" {
		pace = 100 * time.Millisecond
	}
	l.phase(t, d, length, pace)
	p99 := l.tell(t, fmt.Sprintf("%d people, a label each %v", len(l.people), pace), length)
	if os.Getenv("IRUM_LABELLERS") != "" && p99 > loadLimit {
		t.Errorf("the 99th percentile is %v, more than %v", p99, loadLimit)
	}
	l.phase(t, d, length/4, 0)
	l.tell(t, fmt.Sprintf("%d people, as fast as they are answered", len(l.people)), length/4)
	l.verify(t, d)
	d.stop(t)
}

// phase lets all label for a while.
func (l *load) phase(t *testing.T, d *daemon, length, pace time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var wait sync.WaitGroup
	for i, who := range l.people {
		who.posts, who.gets = nil, nil
		wait.Go(func() { l.work(ctx, d.url, who, rand.New(rand.NewPCG(uint64(i), uint64(length))), pace) })
	}
	wait.Wait()
}

// work is one person: look at an image, take a moment, label it.
func (l *load) work(ctx context.Context, url string, who *labeller, r *rand.Rand, pace time.Duration) {
	base := url + "/api/projects/" + l.project
	rest := func(most time.Duration) {
		if most > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(r.Int64N(int64(most)))):
			}
		}
	}
	for rest(pace); ctx.Err() == nil; rest(2 * pace) { // pace on average
		asset := who.assets[r.IntN(len(who.assets))]
		if pace > 0 {
			var page domain.AssetPage
			took, err := l.ask(who.token, http.MethodGet, base+"/assets?ids="+asset, nil, &page)
			if err == nil && (len(page.Items) != 1 || who.said[asset] != "" && classOf(page.Items[0].Label) != who.said[asset]) {
				err = fmt.Errorf("asked for %s, which was labelled %s, and got %+v", asset, who.said[asset], page)
			}
			who.gets, who.errs = append(who.gets, took), append(who.errs, err)
		}
		class := []string{"a", "b", "c"}[r.IntN(3)]
		var op domain.Operation
		took, err := l.ask(who.token, http.MethodPost, base+"/labels", domain.LabelRequest{
			OpID: store.NewID(), Changes: []domain.LabelChange{{AssetID: asset, Action: "set", Classes: []string{class}}},
		}, &op)
		who.posts, who.errs = append(who.posts, took), append(who.errs, err)
		if err == nil {
			who.said[asset] = class
		}
	}
}

// ask sends a request to its end, whatever time it is.
func (l *load) ask(token, method, url string, in, out any) (took time.Duration, err error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, url, body)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	res, err := l.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	took = time.Since(begun)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %d %s", method, url, res.StatusCode, text)
	}
	return took, errors.Join(err, json.Unmarshal(text, out))
}

// tell prints what a phase took and gives the 99th percentile of all its requests.
func (l *load) tell(t *testing.T, what string, length time.Duration) time.Duration {
	t.Helper()
	var posts, gets []time.Duration
	for _, who := range l.people {
		posts, gets = append(posts, who.posts...), append(gets, who.gets...)
		if err := errors.Join(who.errs...); err != nil {
			t.Fatalf("errors: %.2000v", err)
		}
	}
	slices.Sort(posts)
	slices.Sort(gets)
	at := func(all []time.Duration, p int) time.Duration {
		if len(all) == 0 {
			return 0
		}
		return all[min(len(all)*p/100, len(all)-1)].Round(100 * time.Microsecond)
	}
	t.Logf("%s, for %v: %d labels (%.0f a second), median %v, 95th percentile %v, 99th %v, longest %v; %d reads, 99th %v; no errors",
		what, length, len(posts), float64(len(posts))/length.Seconds(), at(posts, 50), at(posts, 95), at(posts, 99), at(posts, 100), len(gets), at(gets, 99))
	return max(at(posts, 99), at(gets, 99))
}

// verify compares all labels and counts with what was acknowledged.
func (l *load) verify(t *testing.T, d *daemon) {
	labelled := 0
	for _, who := range l.people {
		var page domain.AssetPage
		if _, err := l.ask(who.token, http.MethodGet, d.url+"/api/projects/"+l.project+"/assets?limit=500&ids="+strings.Join(who.assets, "&ids="), nil, &page); err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			if classOf(a.Label) != who.said[a.ID] {
				t.Errorf("%s was labelled %q and is %q", a.ID, who.said[a.ID], classOf(a.Label))
			}
		}
		labelled += len(who.said)
	}
	var p domain.Project
	if _, err := l.ask(l.people[0].token, http.MethodGet, d.url+"/api/projects/"+l.project, nil, &p); err != nil {
		t.Fatal(err)
	}
	if p.Counts.Labelled != labelled || p.Counts.Assets != len(l.people)*loadImages {
		t.Errorf("counts are %+v, %d were labelled", p.Counts, labelled)
	}
}
