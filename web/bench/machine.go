package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine is where the figures come from.
type machine struct {
	cpu, browser, golang string
	cores                int
	began, ended         time.Time
	before, after        string // load averages
}

func readMachine() *machine {
	m := &machine{cores: runtime.NumCPU(), began: time.Now(), golang: runtime.Version(), before: load(), cpu: runtime.GOARCH, browser: "Chromium"}
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.cpu = strings.TrimSpace(value)
			break
		}
	}
	if strings.Contains(string(raw), "avx512f") {
		m.cpu += " with AVX-512"
	}
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if out, err := exec.Command(name, "--version").Output(); err == nil {
			m.browser = strings.TrimSpace(string(out))
			break
		}
	}
	return m
}

func (m *machine) finish() { m.ended, m.after = time.Now(), load() }

// load is the load averages over 1, 5 and 15 minutes where the system tells them.
func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(raw))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}
