package torch

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// descendants gives the processes that pid started, and those that they did, as /proc tells; none where there is no /proc.
func descendants(pid int) []int {
	children := map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// "pid (name) state parent ...": a name may hold anything, so what counts begins behind the last parenthesis.
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) < 2 {
			continue
		}
		child, errChild := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		parent, errParent := strconv.Atoi(string(fields[1]))
		if errChild == nil && errParent == nil {
			children[parent] = append(children[parent], child)
		}
	}
	out := []int{}
	for next := children[pid]; len(next) > 0; next = next[1:] {
		out = append(out, next[0])
		next = append(next, children[next[0]]...)
	}
	return out
}
