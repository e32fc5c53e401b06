// Package workerd runs the scripts of web/edge, which run workerd by miniflare: the edge host, or its D1 for tests.
package workerd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Process is a script that runs. Address is where it answers, with a slash at its end.
type Process struct {
	Address string
	input   io.Closer
	ended   chan struct{}
	said    output
}

// Client asks workerd, which closes connections that were idle for five seconds: a POST must not go out over one.
var Client = &http.Client{Transport: &http.Transport{IdleConnTimeout: 2 * time.Second, MaxIdleConnsPerHost: 16}}

// ErrMissing says what has to be installed before workerd runs here.
var ErrMissing = errors.New("workerd is not installed here")

// Start runs a script of web/edge and waits until it answers. It ends with Stop, or with this process.
func Start(script string, args ...string) (*Process, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("%w: it is run by Node.js: apt-get install nodejs", ErrMissing)
	}
	edge, err := Folder()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(edge, "node_modules", "miniflare")); err != nil {
		return nil, fmt.Errorf("%w: make edge-npm", ErrMissing)
	}
	p := &Process{ended: make(chan struct{})}
	cmd := exec.Command(node, append([]string{filepath.Join(edge, script)}, args...)...)
	cmd.Stderr = &p.said
	if p.input, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() {
		defer close(p.ended)
		_, _ = io.Copy(&p.said, lines)
		_ = cmd.Wait()
	}()
	if err != nil {
		<-p.ended
		return nil, fmt.Errorf("%s does not start: %s", script, p.Said())
	}
	p.Address = strings.TrimSpace(line)
	return p, nil
}

// Stop ends the script and waits for it.
func (p *Process) Stop() {
	_ = p.input.Close()
	<-p.ended
}

// Said is what the script and the Worker have printed.
func (p *Process) Said() string { return p.said.String() }

// Ended is closed when the script has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// Folder is web/edge of the module that this process runs in.
func Folder() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return filepath.Join(dir, "web", "edge"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run this inside of the module")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
