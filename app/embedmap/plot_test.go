package embedmap

import (
	"math"
	"math/rand"
	"testing"
)

func plotOf(xy ...float32) *plot {
	n := len(xy) / 2
	p := &plot{xy: xy, row: make([]int16, n), selected: make([]bool, n), hidden: []bool{false, false}, colours: []colour{{200, 0, 0}, {0, 200, 0}}}
	p.size(400, 300, 1)
	return p
}

func near(t *testing.T, what string, x, y, wantX, wantY float64) {
	t.Helper()
	if math.Abs(x-wantX) > 1e-6 || math.Abs(y-wantY) > 1e-6 {
		t.Errorf("%s is at %.2f, %.2f, not at %.2f, %.2f", what, x, y, wantX, wantY)
	}
}

func TestCamera(t *testing.T) {
	p := plotOf(0, 0, 1, 1)
	x, y := p.screen(0, 0)
	near(t, "the middle", x, y, 200, 150)
	x, y = p.screen(1, 1)
	near(t, "the upper right corner", x, y, 200+132, 150-132)
	p.zoom(3, 250, 100)
	fx, fy := (250-200.0)/132, (150-100.0)/132
	x, y = p.screen(float32(fx), float32(fy))
	if math.Abs(x-250) > 1e-3 || math.Abs(y-100) > 1e-3 {
		t.Errorf("what the pointer is over went to %.2f, %.2f", x, y)
	}
	x, y = p.screen(0, 0)
	p.pan(30, -20)
	x2, y2 := p.screen(0, 0)
	near(t, "after a move the middle", x2, y2, x+30, y-20)
	for range 100 {
		p.zoom(10, 0, 0)
	}
	if p.scale > p.whole()*maxZoom*1.001 || math.Abs(p.cx) > 1.2 || math.Abs(p.cy) > 1.2 {
		t.Errorf("zoomed to %g at %g, %g", p.scale, p.cx, p.cy)
	}
	p.fit()
	p.size(800, 600, 1)
	x, y = p.screen(1, 1)
	near(t, "on a screen of twice the size the corner", x, y, 400+264, 300-264)
}

func TestPickAndSelect(t *testing.T) {
	p := plotOf(0, 0, 0.5, 0, -0.5, 0, 0, 0.5)
	p.row[1] = 1
	x, y := p.screen(0.5, 0)
	if i := p.pick(x+3, y-3, 10); i != 1 {
		t.Errorf("picked %d", i)
	}
	if i := p.pick(x+30, y, 10); i != -1 {
		t.Errorf("picked %d far from all", i)
	}
	p.hidden[1] = true
	if i := p.pick(x, y, 10); i != -1 {
		t.Errorf("picked %d, which is hidden", i)
	}
	p.mark(false, func(int) bool { return true })
	if p.picked != 3 || p.selected[1] {
		t.Errorf("%d are selected, the hidden one: %v", p.picked, p.selected[1])
	}
	p.hidden[1] = false
	p.mark(false, func(i int) bool { return p.within(i, 150, 100, 260, 200) })
	if p.picked != 1 || !p.selected[0] {
		t.Errorf("a box selected %v", p.selected)
	}
	p.mark(true, func(i int) bool { return i == 3 })
	p.toggle(0)
	if p.picked != 1 || !p.selected[3] {
		t.Errorf("after adding and taking out: %v", p.selected)
	}
	// a line that comes back beside itself
	hook := []float64{100, 50, 300, 50, 300, 250, 190, 250, 190, 140, 210, 140, 210, 240, 290, 240, 290, 60, 100, 60}
	for i := range p.row {
		x, y := p.screen(p.xy[2*i], p.xy[2*i+1])
		if got := p.enclosed(i, hook); got != inside(x, y, hook) {
			t.Errorf("point %d at %.0f, %.0f is enclosed: %v", i, x, y, got)
		}
	}
	square := []float64{0, 0, 400, 0, 400, 300, 0, 300}
	for i := range p.row {
		if !p.enclosed(i, square) {
			t.Errorf("point %d is not in a line round everything", i)
		}
	}
	if p.enclosed(0, []float64{0, 0, 10, 0, 10, 10}) || p.enclosed(0, nil) {
		t.Error("a point is inside of a line elsewhere")
	}
}

// inside is the winding of a line round a place, by angles.
func inside(x, y float64, line []float64) bool {
	sum := 0.0
	n := len(line) / 2
	for a := range n {
		b := (a + 1) % n
		u, v := math.Atan2(line[2*a+1]-y, line[2*a]-x), math.Atan2(line[2*b+1]-y, line[2*b]-x)
		d := v - u
		for d > math.Pi {
			d -= 2 * math.Pi
		}
		for d < -math.Pi {
			d += 2 * math.Pi
		}
		sum += d
	}
	return math.Abs(sum) > math.Pi
}

func TestPaint(t *testing.T) {
	p := plotOf(0, 0, 0.5, 0, -5, 0)
	p.row[1] = 1
	on := newPicture(p.w, p.h)
	pix := on.bytes()
	ground, rim := colour{10, 20, 30}, colour{255, 255, 255}
	at := func(i, dx int) colour {
		x, y := p.screen(p.xy[2*i], p.xy[2*i+1])
		o := 4 * (int(y)*p.w + int(x) + dx)
		return colour(pix[o : o+3])
	}
	p.paint(on, ground, rim)
	if at(0, 0) != p.colours[0] || at(1, 0) != p.colours[1] || at(0, 20) != ground || pix[3] != 255 {
		t.Errorf("painted %v, %v on %v", at(0, 0), at(1, 0), at(0, 20))
	}
	p.toggle(0)
	p.paint(on, ground, rim)
	if at(0, 0) != p.colours[0] || at(0, p.radius+1) != rim || at(1, 0) != p.colours[1].mixed(ground, dimShare) {
		t.Errorf("selected %v with rim %v, the other %v", at(0, 0), at(0, p.radius+1), at(1, 0))
	}
	p.hidden[1] = true
	p.paint(on, ground, rim)
	if at(1, 0) != ground {
		t.Error("a hidden point is painted")
	}
	p.pan(-199, -149) // over the edges
	p.paint(on, ground, rim)
}

// TestMovedPictureIsThePaintedOne moves a map by whole pixels, this way and that: what moves along and what is painted at the edges make the
// picture that is painted anew.
func TestMovedPictureIsThePaintedOne(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	xy := make([]float32, 6000)
	for i := range xy {
		xy[i] = float32(rng.NormFloat64() / 3)
	}
	p := plotOf(xy...)
	for i := range p.row {
		p.row[i], p.selected[i] = int16(i%2), i%5 == 0
	}
	p.picked = len(p.row) / 5
	p.zoom(2, 200, 150)
	c := canvas{plot: *p, seen: newPicture(p.w, p.h), stale: true, ground: colour{10, 20, 30}, rim: colour{255, 255, 255}}
	c.repaint()
	for range 40 {
		c.slide(float64(rng.Intn(81)-40)/1.25, float64(rng.Intn(81)-40)/1.25)
		c.repaint()
		whole, different := newPicture(p.w, p.h), 0
		c.plot.paint(whole, c.ground, c.rim)
		for i, word := range whole.pix {
			if word != c.seen.pix[i] {
				different++
			}
		}
		if different > 40 { // a point that lies between two pixels may be rounded to either
			t.Fatalf("%d pixels differ at %v", different, c.plot.camera())
		}
	}
}

func TestWalkAndHeap(t *testing.T) {
	// a row of four, a gap, two more, and one above the first
	p := plotOf(0, 0, 0.02, 0, 0.04, 0.01, 0.06, 0, 0.5, 0, 0.52, 0, 0, 0.3)
	if i := p.toward(-1, 1, 0); i != 0 {
		t.Errorf("keys begin at %d", i)
	}
	for _, step := range []struct {
		from   int
		dx, dy float64
		to     int
	}{{0, 1, 0, 1}, {3, 1, 0, 4}, {5, 1, 0, -1}, {0, 0, -1, 6}, {6, 0, 1, 0}, {4, -1, 0, 3}} {
		if got := p.toward(step.from, step.dx, step.dy); got != step.to {
			t.Errorf("from %d by %g, %g one comes to %d, not %d", step.from, step.dx, step.dy, got, step.to)
		}
	}
	x0, _ := p.screen(0, 0)
	x1, _ := p.screen(0.03, 0)
	for from, want := range map[int]string{0: "1111000", 2: "1111000", 5: "0000110", 6: "0000001"} {
		got := ""
		for _, in := range p.heap(from, x1-x0) {
			got += map[bool]string{true: "1", false: "0"}[in]
		}
		if got != want {
			t.Errorf("with %d hang together %s, not %s", from, got, want)
		}
	}
	p.row[1], p.hidden[1] = 1, true
	if in := p.heap(0, x1-x0); in[1] || in[2] {
		t.Error("points hang together by one that is hidden")
	}
}

func TestHex(t *testing.T) {
	if c, ok := hex("#0aF310"); !ok || c != (colour{10, 243, 16}) {
		t.Errorf("%v, %v", c, ok)
	}
	for _, text := range []string{"", "#12345", "1234567", "#12345g", "red"} {
		if _, ok := hex(text); ok {
			t.Errorf("%q is a colour", text)
		}
	}
}

// BenchmarkPaint paints 50,000 points on a screen of 1440 x 900.
func BenchmarkPaint(b *testing.B) {
	const n = 50_000
	rng := rand.New(rand.NewSource(1))
	xy := make([]float32, 2*n)
	for i := range xy {
		xy[i] = float32(rng.NormFloat64() / 3)
	}
	p := plotOf(xy...)
	p.size(1440, 900, 1)
	on := newPicture(p.w, p.h)
	for b.Loop() {
		p.paint(on, colour{255, 255, 255}, colour{})
	}
}
