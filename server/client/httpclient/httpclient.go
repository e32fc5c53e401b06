// Package httpclient carries API calls by net/http: to a server, or to a handler in this process. It is apart from package
// client so that net/http's client does not come into what browsers load.
package httpclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// Transport is a client.Transport. Its requests end early only with their context.
type Transport struct {
	base  string
	http  *http.Client
	token string
}

var _ client.Transport = (*Transport)(nil)

// New gives the way to the server at base, such as http://127.0.0.1:8080.
func New(base string) (*Transport, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, domain.Errorf(domain.CodeInvalid, "A server's address looks like http://127.0.0.1:8080, not %q.", base).In("server")
	}
	return &Transport{base: strings.TrimSuffix(base, "/"), http: &http.Client{CheckRedirect: stay}}, nil
}

// stay follows no redirect: the API has none, and a request's body must not go where nobody sent it.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Over gives the way to a handler in this process.
func Over(h http.Handler) *Transport {
	return &Transport{base: "http://localhost", http: &http.Client{Transport: inProcess{h}, CheckRedirect: stay}}
}

// Use makes all requests come with an API token, as one of its account.
func (t *Transport) Use(token string) { t.token = token }

// Do implements client.Transport. Request.File may be any io.Reader; of an *os.File the size is told.
func (t *Transport) Do(ctx context.Context, req client.Request) (client.Response, error) {
	for attempt := 0; ; attempt++ {
		res, wait, err := t.once(ctx, req)
		if wait = again(req, attempt, wait, err); wait == 0 {
			return res, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return res, ctx.Err()
		}
	}
}

// once sends a request; wait is when the host wants to be asked again.
func (t *Transport) once(ctx context.Context, req client.Request) (out client.Response, wait time.Duration, err error) {
	res, err := t.send(ctx, req)
	if err != nil {
		return out, 0, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return out, 0, brokenOff(ctx, req.Path, err)
	}
	switch res.StatusCode {
	case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable: // of which one can wait for the end
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
			wait = time.Duration(seconds) * time.Second
		}
	}
	return client.Response{Status: res.StatusCode, ContentType: res.Header.Get("Content-Type"), Body: body}, wait, nil
}

// Between tries of a request whose connection broke, and the longest that a host is waited for which says when to ask again.
var (
	pauses      = []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}
	longestWait = 30 * time.Second
)

// again is when to send a request once more, 0 for never: what reads, and what has a key, may be done twice. A host that
// cannot be reached at all is not waited for.
func again(req client.Request, attempt int, wait time.Duration, err error) time.Duration {
	if req.File != nil || req.Method != http.MethodGet && req.Key == "" || attempt >= len(pauses) {
		return 0
	}
	var dial *net.OpError
	var p *domain.Problem
	switch {
	case err == nil && wait > 0 && wait <= longestWait:
		return wait
	case err == nil, errors.As(err, &dial) && dial.Op == "dial", errors.Is(err, errAborted), !errors.As(err, &p):
		return 0
	}
	return pauses[attempt]
}

// Download writes what is at path to w as it arrives and gives the number of bytes. A problem that the host answers with
// comes back as *domain.Problem.
func (t *Transport) Download(ctx context.Context, path string, w io.Writer) (int64, error) {
	res, err := t.send(ctx, client.Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		p := &domain.Problem{}
		if json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(p) != nil || p.Code == "" {
			p = domain.Errorf(domain.CodeInternal, "The host answered with status %d.", res.StatusCode)
		}
		return 0, p
	}
	n, err := io.Copy(w, res.Body)
	var outside *os.PathError // w's fault, not the host's
	if err != nil && !errors.As(err, &outside) {
		err = brokenOff(ctx, path, err)
	}
	return n, err
}

func (t *Transport) send(ctx context.Context, req client.Request) (*http.Response, error) {
	var body io.Reader
	size, kind := int64(-1), "application/octet-stream"
	switch file := req.File.(type) {
	case nil:
		if req.Body != nil {
			body, size, kind = bytes.NewReader(req.Body), int64(len(req.Body)), "application/json"
		}
	case io.Reader:
		body = file
		if f, ok := file.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				size = info.Size()
			}
		}
	default:
		return nil, fmt.Errorf("a request's file is a %T, not an io.Reader", req.File)
	}
	r, err := http.NewRequestWithContext(ctx, req.Method, t.base+req.Path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.ContentLength = size
		r.Header.Set("Content-Type", kind)
	}
	if req.Key != "" {
		r.Header.Set("Idempotency-Key", req.Key)
	}
	if t.token != "" {
		r.Header.Set("Authorization", "Bearer "+t.token)
	}
	if size == 0 {
		r.Body = http.NoBody
	}
	res, err := t.http.Do(r)
	if err != nil {
		return nil, brokenOff(ctx, req.Path, err)
	}
	return res, nil
}

// brokenOff says what to do about a host that does not answer to the end.
func brokenOff(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var inside *url.Error
	if errors.As(err, &inside) {
		err = inside.Err
	}
	path, _, _ = strings.Cut(path, "?")
	return &broken{domain.Errorf(domain.CodeUnavailable, "The host did not answer %s: %v. Check that it is running.", path, err), err}
}

// broken is a problem that keeps what caused it.
type broken struct {
	*domain.Problem
	cause error
}

// Unwrap gives both.
func (b *broken) Unwrap() []error { return []error{b.Problem, b.cause} }
