package detect

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// smallTower is one with weights and an input of some size.
func smallTower(seed uint64) (*tower, *pass) {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := newTower(7, 9, 2, 2, 5, 6, [4]float64{1, 2, 1.5, 0.7}, rng)
	for _, p := range t.params() {
		for i := range p.value {
			p.value[i] += float32(rng.NormFloat64() * 0.1)
		}
	}
	p := t.newPass()
	for i := range p.input {
		p.input[i] = float32(rng.NormFloat64())
	}
	return t, p
}

var smallObjects = []Object{{Box{0.5, 0.5, 3.5, 4}, 0, 0}, {Box{3, 2, 5.2, 4.4}, 1, 0}, {Box{4.1, 0.1, 4.3, 0.3}, 1, 0}}

// TestGradients compares with central differences. The target of a score is the box's IoU, which no gradient goes through: it is held still.
func TestGradients(t *testing.T) {
	tw, p := smallTower(3)
	targets := assign(smallObjects, 5, 6)
	tw.forward(p)
	loss(p.dOut, p.out, targets, 2, 3)
	tw.backward(p)
	quality := make([]float64, len(targets))
	for i, g := range targets {
		if g.class >= 0 {
			_, quality[i], _ = boxLoss(p.out[i*6+2:][:4], g.far)
		}
	}
	value := func() float64 {
		tw.forward(p)
		sum := 0.0
		for i, g := range targets {
			row := p.out[i*6:][:6]
			if g.class >= 0 {
				l, _, _ := boxLoss(row[2:], g.far)
				sum += boxWeight * g.weight * l / 3
			}
			for c := range 2 {
				want, weight := 0.0, 1.0
				if c == g.class {
					want, weight = quality[i], g.weight
				}
				l, _ := qualityFocal(float64(row[c]), want)
				sum += weight * l / 3
			}
		}
		return sum
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for k, q := range tw.params() {
		grad := slices.Clone(p.grads[k])
		for range 6 {
			i := rng.IntN(len(q.value))
			was := q.value[i]
			const h = 1e-4
			q.value[i] = was + h
			up := value()
			q.value[i] = was - h
			down := value()
			q.value[i] = was
			if want := (up - down) / (2 * h); math.Abs(want-float64(grad[i])) > 6e-3*(1+math.Abs(want)) {
				t.Errorf("parameter %d[%d]: the gradient is %.5f, by differences %.5f", k, i, grad[i], want)
			}
		}
	}
}

func TestAssign(t *testing.T) {
	got := assign(smallObjects, 5, 6)
	at := func(y, x int) target { return got[y*6+x] }
	if g := at(1, 1); g.class != 0 || g.far != [4]float64{1, 1, 2, 2.5} {
		t.Errorf("inside of the first object: %+v", g)
	}
	if g := at(2, 3); g.class != 1 { // both could be found there: the smaller one is
		t.Errorf("inside of both objects: %+v", g)
	}
	if g := at(0, 4); g.class != 1 || math.Abs(g.far[0]-0.4) > 1e-9 || g.far[2] != nearest || g.far[3] != nearest {
		t.Errorf("the place of an object between all middles: %+v", g)
	}
	if g := at(4, 0); g.class != -1 {
		t.Errorf("the corner: %+v", g)
	}
	var weights [3]float64
	for _, g := range got {
		if g.class >= 0 {
			weights[g.object] += g.weight
		}
	}
	for k, w := range weights {
		if math.Abs(w-even) > 1e-9 {
			t.Errorf("the places of object %d weigh %v", k, w)
		}
	}
	for side, want := range map[float64]int{4: 9, 8: 16, 16: 36} { // places within 1.5, 2 and 3 of the centre
		places, at := 0, 12.5
		if side > 4 {
			at = 12
		}
		for _, g := range assign([]Object{{Box{at - side/2, at - side/2, at + side/2, at + side/2}, 0, 0}}, 24, 24) {
			if g.class == 0 {
				places++
			}
		}
		if places != want {
			t.Errorf("a box of %v places has %d that find it, want %d", side, places, want)
		}
	}
}

// TestDecode: three places find one object, a fourth another one that is near.
func TestDecode(t *testing.T) {
	found := []float32{
		0.8, 0.4, 0.4, 0.6,
		0.10, 0.14, 0.10, 0.40,
		0.10, 0.10, 0.10, 0.10,
		0.30, 0.34, 0.30, 0.60,
		0.50, 0.50, 0.58, 0.50,
	}
	got := Decode(found, 1, 100, 100, 0.05)
	if len(got) != 2 || got[0].Score != float64(float32(0.8)) || got[1].Score != float64(float32(0.6)) {
		t.Fatalf("found %+v", got)
	}
	// by score times overlap: 0.8 * 1, 0.4 * 16/24 and 0.4 * 5/6
	a, b, c := 0.8, 0.4*16/24, 0.4*5/6
	want := Box{(10*a + 14*b + 10*c) / (a + b + c), 10, (30*a + 34*b + 30*c) / (a + b + c), (50*a + 50*b + 58*c) / (a + b + c)}
	for k, v := range []float64{got[0].X0 - want.X0, got[0].Y0 - want.Y0, got[0].X1 - want.X1, got[0].Y1 - want.Y1} {
		if math.Abs(v) > 1e-4 {
			t.Errorf("edge %d is %v off", k, v)
		}
	}
	if got := Decode(found, 1, 100, 100, 0.7); len(got) != 1 || got[0].Box != (Box{float64(float32(0.10)) * 100, 10.000000149011612, float64(float32(0.30)) * 100, 50}) {
		t.Errorf("above 0.7 found %+v", got)
	}
}

func TestBoxLoss(t *testing.T) {
	z := []float32{0, float32(math.Log(2)), 0, float32(math.Log(2))} // 2 x 4
	close := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %.8f, want %.8f", what, got, want)
		}
	}
	l, iou, _ := boxLoss(z, [4]float64{1, 2, 1, 2})
	close("the loss of the right box", l, 0)
	close("its IoU", iou, 1)
	l, iou, _ = boxLoss(z, [4]float64{1, 2, 3, 2}) // half of 4 x 4
	close("the IoU of half a box", iou, 0.5)
	close("its loss", l, 0.5)
}

func TestQualityFocal(t *testing.T) {
	l, d := qualityFocal(0, 0.5)
	near(t, "the loss of a score that is right", l, 0)
	near(t, "its derivative", d, 0)
	l, d = qualityFocal(0, 1)
	near(t, "the loss of 0.5 for 1", l, 0.25*math.Ln2)
	near(t, "its derivative", d, -0.125-2*0.5*0.25*math.Ln2)
}

// toySet has bright squares of two classes on 8 x 8 places; features tell where they are.
func toySet(images int, seed uint64) Set {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := Set{In: 6, Rows: 8, Cols: 8, Classes: 2}
	for i := range images {
		x, y, size, c := float64(rng.IntN(5)), float64(rng.IntN(5)), 2+float64(rng.IntN(2)), rng.IntN(2)
		o := Object{Box{x, y, x + size, y + size}, c, 0}
		for py := range 8 {
			for px := range 8 {
				cx, cy := float64(px)+0.5, float64(py)+0.5
				inside := cx > o.X0 && cx < o.X1 && cy > o.Y0 && cy < o.Y1
				for k := range 6 {
					v := rng.NormFloat64() * 0.05
					switch {
					case inside && k == c:
						v++
					case inside && k == 2:
						v += (cx - (o.X0+o.X1)/2) / 2
					case inside && k == 3:
						v += (cy - (o.Y0+o.Y1)/2) / 2
					case inside && k == 4:
						v += size/2 - 1
					}
					s.Features = append(s.Features, int8(math.Round(max(min(v*grain*2, 127), -127))))
				}
			}
		}
		s.Views = append(s.Views, View{i, []Object{o}})
	}
	return s
}

func TestFit(t *testing.T) {
	s := toySet(40, 1)
	steps := 0
	f, err := Fit(context.Background(), s, FitOptions{Seed: 1, Steps: 120}, func(done, total int) {
		if steps = done; total != 360 {
			t.Fatalf("%d steps in all", total)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var truth [][]Object
	for _, v := range s.Views {
		truth = append(truth, v.Objects)
	}
	r, err := Evaluate(truth, f.Found, 2)
	if err != nil {
		t.Fatal(err)
	}
	if r.MAP50 < 0.9 || f.Folds != 3 || steps != 360 {
		t.Errorf("mAP50 %.3f in %d folds after %d steps", r.MAP50, f.Folds, steps)
	}
	again, err := Fit(context.Background(), s, FitOptions{Seed: 1, Steps: 120}, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	var parts []Part
	for k := range Parts(s, FitOptions{Seed: 1}) { // in any order, elsewhere
		p, err := FitPart(context.Background(), s, FitOptions{Seed: 1, Steps: 120}, 2-k, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		parts = append([]Part{p}, parts...)
	}
	bare := s
	bare.Features = nil
	joined, err := Join(bare, FitOptions{Seed: 1}, parts)
	if err != nil || !slices.Equal(joined.Head.Weights, f.Head.Weights) || !slices.EqualFunc(joined.Found, f.Found, slices.Equal[[]Object]) {
		t.Errorf("the parts do not make the whole: %v", err)
	}
	if _, err := Join(bare, FitOptions{Seed: 1}, parts[1:]); err == nil {
		t.Error("two parts are the whole")
	}
	if !slices.Equal(again.Head.Weights, f.Head.Weights) {
		t.Error("the same seed gives other weights")
	}
	c, err := f.Head.towers()
	if err != nil {
		t.Fatal(err)
	}
	fresh := toySet(20, 2)
	var found [][]Object
	truth = nil
	for i, v := range fresh.Views {
		truth, found = append(truth, v.Objects), append(found, c.find(c[0].newPass(), fresh.features(i)))
	}
	if r, err = Evaluate(truth, found, 2); err != nil || r.MAP50 < 0.9 {
		t.Errorf("mAP50 %.3f on other images: %v", r.MAP50, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Fit(ctx, s, FitOptions{}, func(int, int) {}); err == nil {
		t.Error("what was cancelled goes on")
	}
}

func TestFitRefuses(t *testing.T) {
	for name, change := range map[string]func(*Set){
		"no views":  func(s *Set) { s.Views = nil },
		"features":  func(s *Set) { s.Features = s.Features[1:] },
		"order":     func(s *Set) { s.Views[1].Image = 5 },
		"class":     func(s *Set) { s.Views[1].Objects = []Object{{Class: 2}} },
		"groups":    func(s *Set) { s.Groups = []int{1} },
		"one group": func(s *Set) { s.Groups = make([]int, len(s.Views)) },
		"without boxes": func(s *Set) {
			for i := range s.Views {
				s.Views[i].Objects = nil
			}
		},
	} {
		s := toySet(4, 1)
		change(&s)
		if _, err := Fit(context.Background(), s, FitOptions{Steps: 1}, func(int, int) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestCalibrate: of what has the score 0.9 half is right, of what has 0.1 a tenth.
func TestCalibrate(t *testing.T) {
	var truth, found [][]Object
	for i := range 400 {
		o := seen(0.9, 0, 0, 1, 1)
		right := i%4 < 2
		if i%2 == 1 {
			o.Score, right = 0.1, i%20 == 1
		}
		list := []Object{o}
		if !right {
			list = []Object{seen(0, 5, 5, 6, 6)}
		}
		truth, found = append(truth, list), append(found, []Object{o})
	}
	scale, shift := calibrate(truth, found, 1)
	if high, low := calibrated(0.9, scale, shift), calibrated(0.1, scale, shift); math.Abs(high-0.5) > 0.03 || math.Abs(low-0.1) > 0.03 {
		t.Errorf("0.9 becomes %.3f and 0.1 %.3f, want 0.5 and 0.1", high, low)
	}
	if scale, shift := calibrate(truth[:3], found[:3], 1); scale != 1 || shift != 0 {
		t.Error("three boxes change the scores")
	}
	tw, p := smallTower(1)
	tw.forward(p)
	before := slices.Clone(p.out)
	h := crowd{tw, tw}.head()
	h.calibrate(2, -0.5)
	c, err := h.towers()
	if err != nil {
		t.Fatal(err)
	}
	q := c[0].newPass()
	copy(q.input, p.input)
	for i, v := range c.answer(q) {
		want := before[i]
		if i%6 < 2 {
			want = want*2 - 0.5
		}
		if math.Abs(float64(v-want)) > 1e-4 {
			t.Fatalf("output %d is %v, want %v", i, v, want)
		}
	}
}

func TestPrincipal(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var rows []float32
	for range 3000 {
		a, b := rng.NormFloat64()*5, rng.NormFloat64()
		rows = append(rows, float32(3+a), float32(a+b), float32(7))
	}
	p := principal(rows, 3, 3, 1)
	var sum, square [3]float64
	for r := range 3000 {
		for k := range 3 {
			v := float64(p.bias[k])
			for i := range 3 {
				v += float64(p.weights[k*3+i] * rows[r*3+i])
			}
			sum[k], square[k] = sum[k]+v/3000, square[k]+v*v/3000
		}
	}
	for k, want := range []float64{1, 1, 0} { // the third number never changes
		if math.Abs(sum[k]) > 1e-3 || math.Abs(square[k]-want) > 1e-2 {
			t.Errorf("direction %d has mean %.4f and variance %.4f", k, sum[k], square[k])
		}
	}
}
