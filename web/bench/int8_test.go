package main

import (
	"math"
	"strings"
	"testing"

	"github.com/irum-app/irum/engine/bench"
)

// TestIntegersSection: layers are paired, Winograd's calls of one are one layer, and the section takes the place of the old one.
func TestIntegersSection(t *testing.T) {
	p := &int8Phase{phase: phase{net: bench.Build("resnet18", 32)}, how: "all", layers: "all", moved: math.NaN()}
	p.runs = [2][]float64{{30, 20, 40}, {12, 10, 11}}
	p.tasks = [2][][]task{
		{{{"f32_patches4x4", 1, 0}, {"f32_winograd_a", 4, 9}, {"f32_merge4x4", 2, 0}, {"f32_conv1x1_b", 4, 9}, {"f32_mean", 3, 0}}},
		{{{"i8_quantise", 0.5, 0}, {"i8_conv3x3_a", 2, 9}, {"i8_conv1x1_b", 2, 9}, {"f32_mean", 3, 0}}, {{"i8_quantise", 0.5, 0}, {"i8_conv3x3_a", 3.5, 9}, {"i8_conv1x1_b", 1, 9}, {"f32_mean", 3, 0}}},
	}
	section := integersSection([]*int8Phase{p}, "")
	for _, want := range []string{
		"| resnet18 | all | 20.00 | 30.00 | 10.00 | 11.00 | 2.00x | - |", "| f32_winograd_a | i8_conv3x3_a | 1 | 7.000 | 2.000 | 3.50x |",
		"| f32_conv1x1_b | i8_conv1x1_b | 1 | 4.000 | 1.000 | 4.00x |", "rounds | | | 3.000 | 3.500 |",
	} {
		if !strings.Contains(section, want) {
			t.Errorf("the section lacks %q:\n%s", want, section)
		}
	}
	old := "# Title\ntext" + marker + "kept\n"
	once := withIntegers(old, integersTitle+"first\n")
	if want := "# Title\ntext" + integersTitle + "first\n" + marker + "kept\n"; once != want {
		t.Errorf("%q, want %q", once, want)
	}
	if twice := withIntegers(once, integersTitle+"second\n"); twice != strings.Replace(once, "first", "second", 1) {
		t.Errorf("%q", twice)
	}
	if got := integersSection(nil, once); got != integersTitle+"first\n" {
		t.Errorf("of the old file is kept %q", got)
	}
}
