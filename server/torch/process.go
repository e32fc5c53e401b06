package torch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Errors that Train gives beside *TrainerError.
var (
	ErrHung = errors.New("the trainer gave no sign of life and was ended")
	ErrDied = errors.New("the trainer ended without a result")
)

// noiseKept is how many bytes of what a trainer prints are kept for errors and the log.
const noiseKept = 16 << 10

// process is a trainer at work.
type process struct {
	path    string
	args    []string
	env     []string
	silence time.Duration // without a message after which it counts as hung
	grace   time.Duration // to write a checkpoint in when it is asked to stop
	tell    func(message any)
}

// run starts the trainer, gives it the start message, and waits for its end. It returns what "done" said. When ctx ends, the trainer
// is asked to stop, and its whole process group is killed if it does not in time; the error is ctx's.
func (p *process) run(ctx context.Context, s start) (*done, error) {
	first, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	printed := &tail{most: noiseKept}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, in, printed
	cmd.WaitDelay = 5 * time.Second // for what still holds standard error
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	err = cmd.Start()
	_ = in.Close()
	if err != nil {
		return nil, fmt.Errorf("start the trainer: %w", err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		killGroup(cmd) // of several processes some may be left
		_ = out.SetReadDeadline(time.Now().Add(cmd.WaitDelay))
		ended <- err
	}()
	lines := make(chan heard, 16)
	go listen(out, printed, lines)
	go func() { _, _ = stdin.Write(append(first, '\n')) }()
	w := &watch{p: p, cmd: cmd, stdin: stdin, printed: printed}
	result, err := w.follow(ctx, lines, ended)
	killGroup(cmd)
	_ = stdin.Close()
	return result, err
}

// heard is a message, or why there will be no more.
type heard struct {
	message any
	err     error
}

// listen reads messages until the trainer closes its output. What is none goes to printed; endless lines are cut.
func listen(out io.Reader, printed *tail, lines chan<- heard) {
	defer close(lines)
	r := bufio.NewReaderSize(out, maxLine+1)
	for {
		line, err := r.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			_, _ = printed.Write(line)
			line = nil
			_, err = r.ReadSlice('\n') // the rest is lost
		}
		if len(line) > 0 {
			m, bad := parse(line)
			if errors.Is(bad, errNoise) {
				_, _ = printed.Write(line)
			} else {
				lines <- heard{m, bad}
			}
		}
		if err != nil {
			return
		}
	}
}

// watch follows one trainer.
type watch struct {
	p       *process
	cmd     *exec.Cmd
	stdin   io.Writer
	printed *tail
	result  *done
	failed  *TrainerError
	stopped bool
}

// follow handles messages until the process and its output have ended.
func (w *watch) follow(ctx context.Context, lines <-chan heard, ended <-chan error) (*done, error) {
	silence := time.NewTimer(w.p.silence)
	defer silence.Stop()
	var stop <-chan time.Time
	asked := ctx.Done()
	for lines != nil {
		select {
		case h, more := <-lines:
			if !more {
				lines = nil
				break
			}
			silence.Reset(w.p.silence)
			if h.err != nil {
				w.drain(lines, ended)
				return nil, fmt.Errorf("the trainer broke the protocol: %w", h.err)
			}
			w.take(h.message)
		case <-asked:
			asked = nil
			go func() { _, _ = fmt.Fprintf(w.stdin, "{\"irum\":%d,\"type\":\"cancel\"}\n", protocolVersion) }()
			timer := time.NewTimer(w.p.grace)
			defer timer.Stop()
			stop = timer.C
		case <-stop:
			stop = nil
			killGroup(w.cmd)
		case <-silence.C:
			w.drain(lines, ended)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, fmt.Errorf("%w after %v%s", ErrHung, w.p.silence, w.printed.quote())
		}
	}
	return w.end(ctx, <-ended)
}

func (w *watch) take(message any) {
	switch m := message.(type) {
	case *done:
		w.result = m
	case *TrainerError:
		if w.failed == nil { // what follows is of other processes that miss this one
			w.failed = m
		}
	case *cancelled:
		w.stopped = true
	case *alive:
	default:
		w.p.tell(message)
	}
}

// drain kills the trainer and waits for its end.
func (w *watch) drain(lines <-chan heard, ended <-chan error) {
	killGroup(w.cmd)
	for range lines {
		continue
	}
	<-ended
}

// end makes one answer of what was said and how the process ended.
func (w *watch) end(ctx context.Context, exit error) (*done, error) {
	switch {
	case w.result != nil && exit == nil:
		return w.result, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case w.failed != nil:
		return nil, w.failed
	case w.stopped:
		return nil, fmt.Errorf("%w: it stopped by itself", ErrDied)
	case exit == nil:
		return nil, fmt.Errorf("%w%s", ErrDied, w.printed.quote())
	}
	return nil, fmt.Errorf("%w: %w%s", ErrDied, exit, w.printed.quote())
}

// tail keeps the end of what is written to it, by several goroutines.
type tail struct {
	most int
	lock sync.Mutex
	held []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.held = append(t.held, p...)
	if over := len(t.held) - t.most; over > 0 {
		t.held = append(t.held[:0], t.held[over:]...)
	}
	return len(p), nil
}

// String is what is held.
func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return string(bytes.ToValidUTF8(t.held, []byte("?")))
}

// quote gives the last line for the end of an error.
func (t *tail) quote() string {
	if line := lastLine([]byte(t.String())); line != "" {
		return ": " + line
	}
	return ""
}
