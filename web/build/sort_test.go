package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sortCheck tries the functions of slices_sort.go.txt and slices_ordered.go.txt on slices of many lengths, with many equal elements and with few.
const sortCheck = `

type pair struct{ key, place int }

func main() {
	seed := uint32(1)
	for n := range 300 {
		for _, keys := range []uint32{1, 3, 1 << 20} {
			data := make([]pair, n+2)
			for i := range data {
				seed = seed*1664525 + 1013904223
				data[i] = pair{int((seed >> 8) % keys), i}
			}
			first, last := data[0], data[n+1]
			pdqsortCmpFunc(data, 1, n+1, 0, func(a, b pair) int { return a.key - b.key })
			if data[0] != first || data[n+1] != last {
				panic("elements outside were moved")
			}
			seen := map[int]bool{}
			for i := 1; i <= n; i++ {
				seen[data[i].place] = true
				if i > 1 && (data[i-1].key > data[i].key || data[i-1].key == data[i].key && data[i-1].place > data[i].place) {
					panic("out of order")
				}
			}
			if len(seen) != n {
				panic("elements were lost")
			}
			numbers, sum := make([]float64, n+2), 0.0
			for i := range numbers {
				seed = seed*1664525 + 1013904223
				numbers[i] = float64((seed >> 8) % keys)
				if seed%9 == 0 {
					numbers[i] = math.NaN() // before all others
				} else if i >= 1 && i <= n {
					sum += numbers[i]
				}
			}
			start, end := numbers[0], numbers[n+1]
			pdqsortOrdered(numbers, 1, n+1, 0)
			if cmp.Compare(numbers[0], start) != 0 || cmp.Compare(numbers[n+1], end) != 0 {
				panic("numbers outside were moved")
			}
			for i := 1; i <= n; i++ {
				if i > 1 && cmp.Less(numbers[i], numbers[i-1]) {
					panic("numbers out of order")
				}
				if numbers[i] == numbers[i] {
					sum -= numbers[i]
				}
			}
			if sum != 0 {
				panic("numbers were lost")
			}
		}
	}
}
`

func TestSortStandInSorts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "main.go")
	source := strings.Replace(orderedStandIn, "package slices", "package main", 1)
	source = strings.Replace(source, `import "cmp"`, "import (\n\"cmp\"\n\"math\"\n)", 1)
	source += strings.Replace(sortStandIn, "package slices", "", 1) + sortCheck
	if err := replace(file, []byte(source)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "run", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
