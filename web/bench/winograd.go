package main

import (
	"fmt"
	"io"
	"strings"
)

// filtered are the times in milliseconds of the 3x3 convolutions, in order, in a profile in which they are done by
// Winograd's filtering, in several calls each; 0 for one that is done as plain sums.
func (k *kernels) filtered(profile string) []float64 {
	var out []float64
	sum := 0.0
	for _, t := range k.tasks(profile) {
		switch kind := kindOf(t.Name); {
		case strings.HasPrefix(kind, "patches"), kind == "winograd":
			sum += t.MS
		case strings.HasPrefix(kind, "merge"):
			out = append(out, sum+t.MS)
			sum = 0
		case kind == "conv3x3":
			out = append(out, 0)
		}
	}
	return out
}

// writeWinograd writes the table of convolutions that Winograd's filtering can do, beside their plain sums.
func (k *kernels) writeWinograd(w io.Writer, direct []task) {
	fmt.Fprintln(w, "\n| 3x3 by Winograd's filtering, relaxed SIMD | plain sums ms | patches of 2x2 ms | of 4x4 ms | as chosen ms | times as fast |\n|---|---|---|---|---|---|")
	times := map[string][]float64{}
	for _, name := range []string{"2x2", "4x4", "chosen"} {
		times[name] = k.filtered(name)
	}
	i := 0
	for at, shape := range k.shapes {
		if shape.Size != 3 {
			continue
		}
		cell := func(name string) float64 {
			if i < len(times[name]) && times[name][i] > 0 {
				return times[name][i]
			}
			return direct[at].MS
		}
		if shape.Stride == 1 {
			chosen := cell("chosen")
			fmt.Fprintf(w, "| %v | %.3f | %.3f | %.3f | %.3f | %.2f |\n", shape, direct[at].MS, cell("2x2"), cell("4x4"), chosen, direct[at].MS/chosen)
		}
		i++
	}
}
