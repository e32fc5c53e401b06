package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
)

const (
	maxDownload   = 512 << 20 // bytes; what the API takes as a backbone
	downloadTries = 4         // each goes on where the one before was cut off
)

// download fetches one file that the user named. What has arrived is kept beside its ETag, so that it can go on later.
type download struct {
	url  *url.URL
	want string // SHA-256 in hex, or empty
	part string // file of what has arrived
	http *http.Client
}

func newDownload(ctx context.Context, address, want string) (*download, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, domain.Errorf(domain.CodeInvalid, "Only http:// and https:// addresses can be fetched.").In("file-or-url")
	case u.Scheme == "http" && want == "":
		return nil, domain.Errorf(domain.CodeInvalid, "What comes over http:// may have been changed on the way: give its --sha256.").In("sha256")
	}
	dir, err := cacheFolder(ctx)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte(u.String() + "\n" + want))
	return &download{u, want, filepath.Join(dir, hex.EncodeToString(key[:16])+".part"), &http.Client{CheckRedirect: sameSafety}}, nil
}

// sameSafety follows redirects, but none from https to http.
func sameSafety(r *http.Request, via []*http.Request) error {
	if len(via) > 10 || r.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
		return errors.New("redirected too often, or to an unsafe address")
	}
	return nil
}

func (d *download) name() string {
	if name := path.Base(d.url.Path); name != "." && name != "/" {
		return name
	}
	return d.url.Host
}

func (d *download) forget() {
	_ = os.Remove(d.part)
	_ = os.Remove(d.part + ".etag")
}

// get fetches the whole file and gives its path on disk.
func (d *download) get(ctx context.Context) (string, error) {
	var err error
	for try := range downloadTries {
		if try > 0 {
			select {
			case <-time.After(time.Duration(try) * 500 * time.Millisecond):
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		err = d.more(ctx)
		var problem *domain.Problem
		if err == nil || ctx.Err() != nil || errors.As(err, &problem) {
			break
		}
	}
	var problem *domain.Problem
	switch {
	case err == nil:
		return d.part, d.check()
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &problem):
		return "", err
	}
	return "", domain.Errorf(domain.CodeUnavailable, "The download was cut off: %v. Run the command again to go on where it ended.", err)
}

func (d *download) check() error {
	f, err := os.Open(d.part)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := checkSum(f, d.want); err != nil {
		d.forget() // going on from wrong bytes would never end well
		return err
	}
	return nil
}

// more asks for what is missing and appends it.
func (d *download) more(ctx context.Context) error {
	f, err := os.OpenFile(d.part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return domain.Errorf(domain.CodeInternal, "The download cannot be kept: %v.", err)
	}
	defer func() { _ = f.Close() }()
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url.String(), nil)
	if err != nil {
		return err
	}
	// Without an ETag only the digest can tell whether the parts fit together.
	tag, _ := os.ReadFile(d.part + ".etag")
	if have > 0 && (len(tag) > 0 || d.want != "") {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		if len(tag) > 0 {
			r.Header.Set("If-Range", string(tag))
		}
	}
	res, err := d.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode == http.StatusPartialContent && strings.HasPrefix(res.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable && res.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", have):
		return nil // all of it was there
	case res.StatusCode == http.StatusOK:
		have = 0
	case res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("the server answered %s", res.Status)
	default:
		d.forget()
		return domain.Errorf(domain.CodeUnavailable, "The server answered %s.", res.Status)
	}
	return d.take(f, have, res)
}

func (d *download) take(f *os.File, have int64, res *http.Response) error {
	if err := f.Truncate(have); err != nil {
		return err
	}
	if _, err := f.Seek(have, io.SeekStart); err != nil {
		return err
	}
	_ = os.Remove(d.part + ".etag")
	if tag := res.Header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		_ = os.WriteFile(d.part+".etag", []byte(tag), 0o600)
	}
	n, err := io.Copy(f, io.LimitReader(res.Body, maxDownload-have+1))
	if have+n > maxDownload {
		d.forget()
		return domain.Errorf(domain.CodeTooLarge, "The file has more than %d bytes.", maxDownload)
	}
	return err
}
