package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/irum-app/irum/engine/exec"
)

// restarts is how often an Irum is started again, each time in a new worker.
const restarts = 5

// start is what one of Irum's variants takes to start.
type start struct {
	title string
	first opened   // of this variant in a new browser; the variant that comes first finds nothing compiled
	later []opened // in new workers of the same browser, one after another
}

// restart measures the start-up of contestant i again, when all else is measured.
func (p *phase) restart(b *browser, i int, o options) error {
	c := p.contestants[i]
	if c.Engine != "irum" || c.Variant == exec.Scalar || c.Workers > 1 || c.Direct || c.err != nil {
		return nil
	}
	s := start{title: c.title, first: c.opened}
	const key = 1000
	for range restarts {
		p.wait(o.quiet)
		again, err := call[opened](b, "open", key, c.spec)
		if err != nil {
			return err
		}
		s.later = append(s.later, again)
		if _, err := call[bool](b, "close", key); err != nil {
			return err
		}
	}
	p.starts = append(p.starts, s)
	return nil
}

// startOf gives the start-up of Irum's variant in one thread, or nil.
func (p *phase) startOf(variant string) *start {
	for i := range p.starts {
		if p.starts[i].title == "Irum "+variant {
			return &p.starts[i]
		}
	}
	return nil
}

// stageNames are the parts of Irum's Compile, in order, and what they are.
var stageNames = [][2]string{
	{"copy", "copy the file"},
	{"load", "read ONNX"},
	{"graph", "fold the graph"},
	{exec.Generating, "generate code"},
	{exec.Compiling, "compile it"},
	{exec.Writing, "write weights"},
}

// stages writes the parts of Compile with their milliseconds; nothing for other engines.
func (c *contestant) stages() string {
	var words []string
	for _, name := range stageNames {
		if ms, ok := c.Stages[name[0]]; ok {
			words = append(words, fmt.Sprintf("%s %.1f", name[0], ms))
		}
	}
	return strings.Join(words, ", ")
}

// startTable writes the stages of every start-up of Irum in ms.
func (p *phase) startTable(w io.Writer) {
	if len(p.starts) == 0 {
		return
	}
	fmt.Fprintf(w, "\n| %s, %s | program |", p.net.Name, plural(p.threads, "thread"))
	for _, name := range stageNames {
		fmt.Fprintf(w, " %s |", name[1])
	}
	fmt.Fprintf(w, " all of it | first run |\n|%s\n", strings.Repeat("---|", len(stageNames)+4))
	for _, s := range p.starts {
		row := func(title string, figure func(get func(opened) float64) string) {
			fmt.Fprintf(w, "| %s | %s |", title, figure(func(o opened) float64 { return o.Load }))
			for _, name := range stageNames {
				fmt.Fprintf(w, " %s |", figure(func(o opened) float64 { return o.Stages[name[0]] }))
			}
			fmt.Fprintf(w, " %s | %s |\n", figure(func(o opened) float64 { return o.Load + o.Compile }), figure(func(o opened) float64 { return o.First }))
		}
		row(s.title+", first", func(get func(opened) float64) string { return fmt.Sprintf("%.1f", get(s.first)) })
		if len(s.later) == 0 {
			continue
		}
		row(fmt.Sprintf("%s, %d more", s.title, len(s.later)), func(get func(opened) float64) string {
			var list []float64
			for _, o := range s.later {
				list = append(list, get(o))
			}
			return fmt.Sprintf("%.1f (%.0f to %.0f)", median(list), slices.Min(list), slices.Max(list))
		})
	}
}
