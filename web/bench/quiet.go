package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// quiet waits until the machine has done little else for a moment, but not longer than limit, and tells whether it has.
// Where the system does not say what it does, it is quiet.
func quiet(limit time.Duration) bool {
	const (
		moment = 300 * time.Millisecond
		little = 0.15 // of all cores' time
	)
	for deadline := time.Now().Add(limit); ; {
		busy, all := spent()
		time.Sleep(moment)
		busyThen, allThen := spent()
		if allThen == all || float64(busyThen-busy) < little*float64(allThen-all) {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// spent gives the time that the cores have been busy, and all of their time, in the system's ticks.
func spent() (busy, all int) {
	raw, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, word := range strings.Fields(line) {
		if i == 0 || i > 8 { // the name; guests, which are in user time already
			continue
		}
		n, _ := strconv.Atoi(word)
		all += n
		if i != 4 && i != 5 { // idle, waiting for input and output
			busy += n
		}
	}
	return busy, all
}
