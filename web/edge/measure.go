package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/web/edge/seed"
	"github.com/irum-app/irum/web/edge/workerd"
)

// seconds that each request is asked for.
const measured = 5 * time.Second

// measure prints how long workerd takes to its first answer, and how many requests it answers in a second, by one client and
// by eight, as a table.
func measure(ctx context.Context, w io.Writer) error {
	token := rand.Text()
	begin := time.Now()
	p, err := workerd.Start("run.mjs", "TOKEN="+token)
	if err != nil {
		return err
	}
	defer p.Stop()
	open := time.Since(begin)
	begin = time.Now()
	if err := get(ctx, p.Address+"api/capabilities", token); err != nil {
		return fmt.Errorf("%w\n%s", err, p.Said())
	}
	first := time.Since(begin)
	if err := seed.Fill(ctx, p.Address, token, func(string, ...any) {}); err != nil {
		return err
	}
	requests, err := paths(ctx, p.Address, token)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "workerd answers after %d ms; the first request, with all migrations, takes %d ms.\n\n", open.Milliseconds(), first.Milliseconds())
	fmt.Fprintln(w, "| request | clients | requests/s | p50 ms | p95 ms |\n|---|---|---|---|---|")
	for _, r := range requests {
		for _, clients := range []int{1, 8} {
			all, err := load(ctx, p.Address+r.path, token, clients)
			if err != nil {
				return err
			}
			at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000 }
			fmt.Fprintf(w, "| %s | %d | %.0f | %.1f | %.1f |\n", r.name, clients, float64(len(all))/measured.Seconds(), at(0.5), at(0.95))
		}
	}
	return nil
}

type request struct{ name, path string }

// paths are requests about the sample project.
func paths(ctx context.Context, address, token string) ([]request, error) {
	t, err := httpclient.New(address)
	if err != nil {
		return nil, err
	}
	t.Use(token)
	c := client.New(t)
	projects, err := c.Projects(ctx)
	if err != nil || len(projects) == 0 {
		return nil, fmt.Errorf("%d projects: %w", len(projects), err)
	}
	id := projects[0].ID
	page, err := c.Assets(ctx, id, domain.Filter{}, "", "", 1)
	if err != nil {
		return nil, err
	}
	in := "api/projects/" + id
	return []request{
		{"capabilities (no D1)", "api/capabilities"},
		{"a project", in},
		{"a page of 100 images", in + "/assets?limit=100"},
		{"a thumbnail (D1 and R2)", in + "/assets/" + page.Items[0].ID + "/thumb"},
	}, nil
}

// load asks for url with some clients at a time, and gives how long each answer took, in order.
func load(ctx context.Context, url, token string, clients int) ([]time.Duration, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	var all []time.Duration
	var wait sync.WaitGroup
	until := time.Now().Add(measured)
	for range clients {
		wait.Go(func() {
			for time.Now().Before(until) && ctx.Err() == nil {
				begin := time.Now()
				if err := get(ctx, url, token); err != nil {
					stop(err)
					return
				}
				took := time.Since(begin)
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	slices.Sort(all)
	return all, nil
}

// get asks as the owner, whose requests are not counted.
func get(ctx context.Context, url, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := workerd.Client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d: %s", url, res.StatusCode, body.String())
	}
	return nil
}
