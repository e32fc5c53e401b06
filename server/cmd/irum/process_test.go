package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
)

// asIrum names the environment variable that makes this test binary the program itself: its arguments as a JSON list.
const asIrum = "IRUM_TEST_ARGS"

// runAsIrum is the program in a process of its own.
func runAsIrum(args string) int {
	var list []string
	if err := json.Unmarshal([]byte(args), &list); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, list, os.Stdout, os.Stderr)
}

// program is a command of irum in a process of its own, that is not started yet.
func program(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	list, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asIrum+"="+string(list))
	return cmd
}

// daemon is a running `irum serve`.
type daemon struct {
	*client.Client
	cmd *exec.Cmd
	url string
	log string // file of what it logs
}

// serveData starts `irum serve` over a data folder, with more arguments, and waits until it answers.
func serveData(t testing.TB, data string, more ...string) *daemon {
	t.Helper()
	d := &daemon{cmd: program(t, append([]string{"--json", "--data", data, "serve", "--addr", "127.0.0.1:0"}, more...)...)}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	d.log, d.cmd.Stderr = log.Name(), log
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	var said struct{ URL string }
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		text, _ := os.ReadFile(d.log)
		t.Fatalf("irum serve says nothing: %v\n%s", err, text)
	}
	d.url = said.URL
	transport, err := httpclient.New(d.url)
	if err != nil {
		t.Fatal(err)
	}
	d.Client = client.New(transport)
	return d
}

// kill ends the process as a power cut would, without a word, and waits until it is gone.
func (d *daemon) kill() {
	if d.cmd.ProcessState == nil {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
	}
}

// stop ends the process as a supervisor does.
func (d *daemon) stop(t testing.TB) {
	t.Helper()
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	if err := d.cmd.Wait(); err != nil {
		text, _ := os.ReadFile(d.log)
		t.Errorf("irum serve ended with %v\n%s", err, tail(text))
	}
}

// memory gives the bytes that a process holds now and held at most, as Linux tells; ok is false elsewhere.
func memory(pid int) (now, most int64, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, false
	}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "VmRSS":
			now = kib << 10
		case "VmHWM":
			most = kib << 10
		}
	}
	return now, most, now > 0
}

func tail(text []byte) []byte { return text[max(0, len(text)-4000):] }

// many is how often a test repeats: what the environment variable asks for, or the small number of daily work.
func many(t testing.TB, variable string, daily int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return daily
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, not a number of times", variable, text)
	}
	return n
}
