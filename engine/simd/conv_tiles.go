package simd

import "slices"

// spot is where a pixel lies, in bytes from another.
type spot struct{ a, c int }

func (s spot) minus(t spot) spot { return spot{s.a - t.a, s.c - t.c} }

// place is where pixel i of all lies, from the first.
func (s convSpec) place(i int) spot {
	return spot{i/s.cols*s.rowA + i%s.cols*s.colA, i/s.cols*s.rowC + i%s.cols*s.colC}
}

// spots are the pixels of a tile of n that begins with pixel i, from the first of them.
func (s convSpec) spots(i, n int) []spot {
	out := make([]spot, n)
	for k := range out {
		out[k] = s.place(i + k).minus(s.place(i))
	}
	return out
}

// flat tells whether tiles reach over the ends of rows: where rows cut into tiles by themselves would make at least a
// twentieth more of them. Such tiles are written out one by one, so that their distances are constants. It is for loops that do
// all pixels in one go.
func (s convSpec) flat() bool {
	all := (s.rows*s.cols + s.tileRows - 1) / s.tileRows
	return s.groups == 1 && s.rows > 1 && s.tileRows > 1 && s.weightsOutside() && 20*s.rows*s.tiles() >= 21*all
}

// sweep is a part of the pixels: so many turns of tiles of these sizes.
type sweep struct {
	turns int
	sizes []int
}

// sweeps cuts all pixels into tiles. After as many tiles of full size as make whole rows the pattern repeats.
func (s convSpec) sweeps() []sweep {
	if !s.flat() {
		return []sweep{{s.rows, balanced(s.cols, s.tileRows)}}
	}
	var out []sweep
	rest, period := s.rows*s.cols, s.cols
	for period%s.tileRows != 0 {
		period += s.cols
	}
	if turns := rest / period; turns > 1 {
		out = append(out, sweep{turns, balanced(period, s.tileRows)})
		rest -= turns * period
	}
	if rest > 0 {
		out = append(out, sweep{1, balanced(rest, s.tileRows)})
	}
	return out
}

// balanced cuts n into as few parts of at most size as it takes, of nearly one size, larger ones first.
func balanced(n, size int) []int {
	parts := make([]int, (n+size-1)/size)
	for i := range parts {
		parts[i] = n / len(parts)
		if i < n%len(parts) {
			parts[i]++
		}
	}
	return parts
}

// alike is the number of tiles, of those of sizes from pixel at on, that one loop can do: their pixels lie alike, and they one
// step apart.
func (s convSpec) alike(at int, sizes []int) int {
	first, tile := s.place(at), s.spots(at, sizes[0])
	step := s.place(at + len(tile)).minus(first)
	n := 1
	for next := at + len(tile); n < len(sizes); next += len(tile) {
		where := spot{first.a + n*step.a, first.c + n*step.c}
		if s.place(next) != where || !slices.Equal(s.spots(next, sizes[n]), tile) {
			break
		}
		n++
	}
	return n
}

// flatPixels is pixels for tiles that reach over the ends of rows.
func (g *convKernel) flatPixels(p pointers, start int, body func(tile []spot)) {
	g.copyTo(p.a, g.a, 0)
	g.copyTo(p.c, start, 0)
	first := 0
	for _, s := range g.sweeps() {
		at, reached := first, g.place(first) // where p.a and p.c are
		move := func(to spot) {
			g.advance(p.a, to.a-reached.a)
			g.advance(p.c, to.c-reached.c)
			reached = to
		}
		g.repeat("row", s.turns, func() {
			for sizes := s.sizes; len(sizes) > 0; {
				n, size := g.alike(at, sizes), sizes[0]
				step := g.place(at + size).minus(g.place(at))
				g.repeat("tile", n, func() {
					body(g.spots(at, size))
					if n > 1 {
						g.advance(p.a, step.a)
						g.advance(p.c, step.c)
					}
				})
				if n > 1 {
					reached = spot{reached.a + n*step.a, reached.c + n*step.c}
				}
				at += n * size
				sizes = sizes[n:]
				move(g.place(at))
			}
		})
		first += s.turns * (at - first)
	}
}
