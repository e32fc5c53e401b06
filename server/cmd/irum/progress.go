package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// progress shows on standard error how far something is: in place on a terminal, elsewhere a line now and then.
type progress struct {
	a        *app
	what     string
	terminal bool
	mu       sync.Mutex // at is called from several goroutines
	shown    time.Time
	text     string
}

func (a *app) progress(what string) *progress {
	p := &progress{a: a, what: what, shown: time.Now()}
	if f, ok := a.stderr.(*os.File); ok && !a.flags.JSON {
		if info, err := f.Stat(); err == nil {
			p.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

func (p *progress) at(phase string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pause := 10 * time.Second
	if p.terminal {
		pause = 100 * time.Millisecond
	}
	text := p.what
	if phase != "" {
		text += " (" + phase + ")"
	}
	if total > 0 {
		text += fmt.Sprintf(": %d of %d", done, total)
	}
	if time.Since(p.shown) < pause || text == p.text {
		return
	}
	p.shown, p.text = time.Now(), text
	if p.terminal {
		_, _ = fmt.Fprintf(p.a.stderr, "\r\x1b[K%s", text)
	} else {
		p.a.note("%s", text)
	}
}

func (p *progress) end() {
	if p.terminal && p.text != "" {
		_, _ = fmt.Fprint(p.a.stderr, "\r\x1b[K")
	}
}
