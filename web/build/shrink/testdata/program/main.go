// Command program leans on the tables of functions that the runtime keeps: it moves stacks, collects garbage that only
// stacks hold, recovers, looks at its own callers and ends in a panic.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

type node struct {
	left, right *node
	text        string
}

func grow(depth int) *node {
	if depth == 0 {
		runtime.GC() // all above is held by the stack alone
		return &node{text: "leaf"}
	}
	mine := &node{text: strings.Repeat("x", depth%7)}
	mine.left = grow(depth - 1)
	defer func() { mine.right = &node{text: fmt.Sprint(depth)} }()
	return mine
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return len(n.text) + n.left.sum() + n.right.sum()
}

//go:noinline
func divide(a, b int) (out int, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("recovered: %v", v)
		}
	}()
	return a / b, nil
}

func callers() string {
	pc := make([]uintptr, 8)
	frames := runtime.CallersFrames(pc[:runtime.Callers(1, pc)])
	var names []string
	for {
		f, more := frames.Next()
		names = append(names, f.Function)
		if !more {
			return strings.Join(names, " < ")
		}
	}
}

func inlined() string { return callers() }

func fail(list []int, at int) int { return list[at] }

func main() {
	fmt.Println(grow(20000).sum())
	fmt.Println(divide(7, 2))
	fmt.Println(divide(7, len(os.Args)-len(os.Args)))
	fmt.Println(inlined())
	results := make(chan int)
	for i := range 50 {
		go func() { results <- grow(200 + i).sum() }()
	}
	total := 0
	for range 50 {
		total += <-results
	}
	fmt.Println(total)
	var target *os.PathError
	_, err := os.Open("/nowhere/at/all")
	fmt.Println(errors.As(err, &target), err)
	fmt.Println(fail([]int{1, 2}, len(os.Args)+5))
}
