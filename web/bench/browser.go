package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is the longest that one call into the page may take.
const patience = 5 * time.Minute

// browser is one Chromium with the bench's page open.
type browser struct {
	ctx  context.Context
	stop func()
}

func open(ctx context.Context, url string) (*browser, error) {
	path := ""
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errors.New("there is no Chromium: run `make chromium`, or name one in CHROMIUM")
	}
	profile, err := os.MkdirTemp("", "irum-bench")
	if err != nil {
		return nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.UserDataDir(profile))
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, opts...)
	tab, stopTab := chromedp.NewContext(alloc)
	b := &browser{ctx: tab, stop: func() { stopTab(); stopAlloc(); _ = os.RemoveAll(profile) }}
	err = chromedp.Listen(tab, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			fmt.Fprintln(os.Stderr, "uncaught in the page:", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "warning" {
				for _, arg := range e.Args {
					fmt.Fprintln(os.Stderr, "  page:", string(arg.Value)+arg.Description)
				}
			}
		}
	})
	if err == nil {
		err = chromedp.Do(tab, chromedp.Navigate(url))
	}
	if err != nil {
		b.stop()
		return nil, fmt.Errorf("open the page: %w", err)
	}
	return b, nil
}

// call awaits bench.method(args...) in the page.
func call[T any](b *browser, method string, args ...any) (T, error) {
	list, err := json.Marshal(args)
	if err != nil {
		panic(err) // the driver's own words and numbers
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf("bench.%s(...%s)", method, list), chromedp.EvalAwaitPromise))
	if err != nil {
		return v, fmt.Errorf("%s %v: %w", method, args[0], err)
	}
	return v, nil
}
