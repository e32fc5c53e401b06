//go:build unix

package torch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be a trainer that behaves as its second argument says.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "fake-trainer" {
		fake(os.Args[2], os.Args[3:])
		return
	}
	os.Exit(m.Run())
}

// fake is a trainer without PyTorch.
func fake(kind string, args []string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	in.Scan()
	switch kind {
	case "hangs":
		fmt.Println(`{"irum": 1, "type": "alive", "phase": "prepare"}`)
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		select {}
	case "noisy":
		fmt.Println("Loading library 3.1\n\n{\"not\": \"a message\"}\n\xff\xfe\x00")
		fmt.Println(strings.Repeat("x", 3*maxLine))
		fmt.Println(goodbye)
	case "breaks":
		fmt.Println(args[0])
		select {}
	case "dies":
		fmt.Fprintln(os.Stderr, "first\nRuntimeError: the reason")
		os.Exit(3)
	case "fails":
		fmt.Println(`{"irum": 1, "type": "error", "code": "memory", "message": "too little memory"}`)
		os.Exit(1)
	case "obeys":
		fmt.Println(`{"irum": 1, "type": "progress", "epoch": 0, "epochs": 2, "step": 1, "steps": 9, "images_per_second": 10.5}`)
		in.Scan()
		fmt.Println(`{"irum": 1, "type": "checkpoint", "file": "checkpoint.pt", "epoch": 0, "step": 1}`)
		fmt.Println(`{"irum": 1, "type": "cancelled"}`)
	case "leaves": // children behind, in a group of their own, who hold the output
		child := exec.Command(os.Args[0], "fake-trainer", "child")
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		pipe, _ := child.StdinPipe()
		_ = child.Start()
		_, _ = fmt.Fprintln(pipe, "start")
		_ = os.WriteFile(args[0], []byte(strconv.Itoa(child.Process.Pid)), 0o600)
		fmt.Println(`{"irum": 1, "type": "alive", "phase": "prepare"}`)
		select {}
	case "child":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		select {}
	case "tells":
		_ = os.WriteFile(args[0], []byte(strings.Join(os.Environ(), "\n")), 0o600)
		fmt.Println(goodbye)
	}
}

func fakeProcess(t *testing.T, kind string, args ...string) *process {
	t.Helper()
	return &process{
		path: os.Args[0], args: append([]string{"fake-trainer", kind}, args...), env: environment(os.Environ(), nil),
		silence: 30 * time.Second, grace: 10 * time.Second, tell: func(any) {},
	}
}

func TestHungTrainerIsEnded(t *testing.T) {
	p := fakeProcess(t, "hangs")
	p.silence = 300 * time.Millisecond
	if _, err := p.run(context.Background(), start{}); !errors.Is(err, ErrHung) {
		t.Errorf("%v", err)
	}
}

func TestNoiseIsNoFault(t *testing.T) {
	d, err := fakeProcess(t, "noisy").run(context.Background(), start{})
	if err != nil || d.Result != "result.f32" || d.Epochs != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestBrokenMessagesEndTheTraining(t *testing.T) {
	for _, line := range []string{
		`{"irum": 2, "type": "done"}`, `{"irum": 1, "type": "dance"}`, `{"irum": 1, "type": "epoch", "epoch": 3, "epochs": 2, "accuracy": 1}`, `{"irum": 1, `,
		`{"irum": 1, "type": "checkpoint", "file": "../../etc/passwd", "epoch": 0, "step": 0}`, `{"irum": 1, "type": "alive", "phase": "x", "more": 1}`,
		`{"irum": 1, "type": "progress", "epoch": 0, "epochs": 2, "step": 1, "steps": 9, "images_per_second": NaN}`,
	} {
		if _, err := fakeProcess(t, "breaks", line).run(context.Background(), start{}); err == nil || !strings.Contains(err.Error(), "protocol") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestReasonsAreToldOn(t *testing.T) {
	if _, err := fakeProcess(t, "dies").run(context.Background(), start{}); !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("a trainer that died: %v", err)
	}
	var failed *TrainerError
	if _, err := fakeProcess(t, "fails").run(context.Background(), start{}); !errors.As(err, &failed) || failed.Code != "memory" {
		t.Errorf("a trainer that failed: %v", err)
	}
	p := fakeProcess(t, "dies")
	p.path = filepath.Join(t.TempDir(), "nothing")
	if _, err := p.run(context.Background(), start{}); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestCancelIsAskedForFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := fakeProcess(t, "obeys")
	var heard []string
	p.tell = func(m any) {
		heard = append(heard, fmt.Sprintf("%T", m))
		if _, ok := m.(*Progress); ok {
			cancel()
		}
	}
	if _, err := p.run(ctx, start{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if !slices.Equal(heard, []string{"*torch.Progress", "*torch.Checkpoint"}) {
		t.Errorf("heard %v", heard)
	}
}

// TestNothingIsLeftRunning: a trainer that does not obey is killed, with what it started.
func TestNothingIsLeftRunning(t *testing.T) {
	note := filepath.Join(t.TempDir(), "pid")
	p := fakeProcess(t, "leaves", note)
	p.grace = 200 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // the child must be there before anything is cancelled
		for ctx.Err() == nil {
			if _, err := os.Stat(note); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := p.run(ctx, start{}); ctx.Err() == nil || err == nil {
		t.Fatalf("%v", err)
	}
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for runs(t, pid) {
		if time.Now().After(deadline) {
			t.Fatal("a child of the trainer runs on")
		}
		time.Sleep(time.Millisecond)
	}
}

// runs tells whether a process runs; one that has ended may still wait for somebody to ask how.
func runs(t *testing.T, pid int) bool {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	return !strings.Contains(string(text), ") Z ")
}

func TestSecretsStayOut(t *testing.T) {
	note := filepath.Join(t.TempDir(), "env")
	t.Setenv("IRUM_DB", "postgres://user:password@host/db")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("CUDA_API_TOKEN", "x")
	t.Setenv("CUDA_VISIBLE_DEVICES", "")
	p := fakeProcess(t, "tells", note)
	p.env = environment(os.Environ(), []string{"EXTRA=1"})
	if _, err := p.run(context.Background(), start{}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	env := strings.Split(string(text), "\n")
	has := func(name string) bool {
		return slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
	}
	if has("IRUM_DB") || has("AWS_SECRET_ACCESS_KEY") || has("CUDA_API_TOKEN") {
		t.Errorf("secrets are in %v", env)
	}
	if !has("PATH") || !has("CUDA_VISIBLE_DEVICES") || !has("EXTRA") {
		t.Errorf("what is needed is not in %v", env)
	}
}

func TestMissingPyTorchIsExplained(t *testing.T) {
	dir := t.TempDir()
	script := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	answer := func(python, torch, missing string) string {
		return fmt.Sprintf(`printf 'hello\n\nirum-probe {"python": "%s", "torch": "%s", "numpy": "1.0", "devices": [{"name": "A", "memory": 5}], "missing": "%s"}\n'`, python, torch, missing)
	}
	for name, c := range map[string]struct{ python, want string }{
		"no Python":      {filepath.Join(dir, "none"), "there is no"},
		"no PyTorch":     {script("bare", answer("3.11.2", "", "ModuleNotFoundError: No module named torch")), "No module named torch"},
		"old PyTorch":    {script("old", answer("3.11.2", "1.9.0", "")), "too old"},
		"old Python":     {script("older", answer("3.7.0", "1.13.0", "")), "too old"},
		"another tongue": {script("other", "echo hi"), "no answer"},
		"a crash":        {script("crash", "echo broken >&2; exit 4"), "broken"},
	} {
		_, err := Find(context.Background(), c.python)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "apt-get install python3-torch") {
			t.Errorf("%s: %v", name, err)
		}
	}
	h, err := Find(context.Background(), script("good", answer("3.12.3", "2.11.0+cu130", "")))
	if err != nil || h.Torch != "2.11.0+cu130" || len(h.Devices) != 1 || h.Devices[0].Memory != 5 {
		t.Errorf("%+v, %v", h, err)
	}
}
