package detect

import "math"

const (
	// reach is how far from a box's centre a place may lie that is to find it, in places (Tian et al. 2019, FCOS, and its centre sampling).
	reach = 1.5
	// nearest is the least distance of an edge, in places: what is smaller is not told apart.
	nearest = 1.0 / 16
	// farthest bounds distances that a place can answer, as logarithm.
	farthest = 5
	// boxWeight is that of the boxes' loss beside the scores'.
	boxWeight = 2
)

// target is what a place is to answer: a class, and how far the edges of its box are. Class is -1 where there is no object.
type target struct {
	class int
	far   [4]float64 // left, top, right, bottom, in places
}

// assign gives the target of every place. objects are in units of a place, the middle of the first is at (0.5, 0.5). Of several
// objects that a place could find it finds the smallest. An object that lies between all middles is found by the place that its centre is in.
func assign(objects []Object, rows, cols int) []target {
	out, area := make([]target, rows*cols), make([]float64, rows*cols)
	for i := range out {
		out[i].class = -1
	}
	take := func(y, x int, o Object) {
		if i := y*cols + x; out[i].class < 0 || o.Area() < area[i] {
			cx, cy := float64(x)+0.5, float64(y)+0.5
			out[i], area[i] = target{o.Class, [4]float64{
				max(cx-o.X0, nearest), max(cy-o.Y0, nearest), max(o.X1-cx, nearest), max(o.Y1-cy, nearest),
			}}, o.Area()
		}
	}
	for _, o := range objects {
		mx, my := (o.X0+o.X1)/2, (o.Y0+o.Y1)/2
		x, y := min(max(int(mx), 0), cols-1), min(max(int(my), 0), rows-1)
		take(y, x, o)
		for r := max(y-2, 0); r < min(y+3, rows); r++ {
			for c := max(x-2, 0); c < min(x+3, cols); c++ {
				cx, cy := float64(c)+0.5, float64(r)+0.5
				if math.Abs(cx-mx) < reach && math.Abs(cy-my) < reach && cx > o.X0 && cx < o.X1 && cy > o.Y0 && cy < o.Y1 {
					take(r, c, o)
				}
			}
		}
	}
	return out
}

// loss gives what out [places, classes+4] misses of targets, and its gradient: the quality focal loss of scores that are to be the IoU of the
// place's box (Li et al. 2020, Generalized Focal Loss, eq. 2, beta 2), and the generalised IoU of boxes (Rezatofighi et al. 2019). Both are
// divided by found, the objects' places in the batch.
func loss(dOut, out []float32, targets []target, classes int, found float64) float64 {
	sum, n := 0.0, classes+4
	clear(dOut)
	for i, t := range targets {
		row, grad := out[i*n:][:n], dOut[i*n:][:n]
		quality := 0.0
		if t.class >= 0 {
			l, iou, d := boxLoss(row[classes:], t.far)
			quality = iou
			sum += boxWeight * l / found
			for k := range d {
				grad[classes+k] = float32(boxWeight * d[k] / found)
			}
		}
		for c := range classes {
			want := 0.0
			if c == t.class {
				want = quality
			}
			l, d := qualityFocal(float64(row[c]), want)
			sum += l / found
			grad[c] = float32(d / found)
		}
	}
	return sum
}

// qualityFocal is |y - s|^2 times the cross entropy of s, the sigmoid of z, with its derivative by z.
func qualityFocal(z, y float64) (loss, d float64) {
	s := 1 / (1 + math.Exp(-z))
	entropy := max(z, 0) - z*y + math.Log1p(math.Exp(-math.Abs(z)))
	off := s - y
	return off * off * entropy, off*off*off + 2*off*s*(1-s)*entropy
}

// boxLoss is 1 - GIoU of a box whose edges are exp(z) away with one whose edges are far away, with the IoU and the derivatives by z.
func boxLoss(z []float32, far [4]float64) (loss, iou float64, d [4]float64) {
	var e, shared, cover [4]float64
	for k := range e {
		e[k] = math.Exp(min(max(float64(z[k]), -farthest), farthest))
		shared[k], cover[k] = min(e[k], far[k]), max(e[k], far[k])
	}
	inter := (shared[0] + shared[2]) * (shared[1] + shared[3])
	union := (e[0]+e[2])*(e[1]+e[3]) + (far[0]+far[2])*(far[1]+far[3]) - inter
	hull := (cover[0] + cover[2]) * (cover[1] + cover[3])
	for k := range e {
		a, b := (k+1)%4, (k+3)%4 // the edges across
		dInter, dHull := 0.0, 0.0
		if e[k] < far[k] {
			dInter = shared[a] + shared[b]
		} else {
			dHull = cover[a] + cover[b]
		}
		dUnion := e[a] + e[b] - dInter
		d[k] = -((dInter*union-inter*dUnion)/(union*union) + (dUnion*hull-union*dHull)/(hull*hull))
		if d[k] *= e[k]; math.Abs(float64(z[k])) > farthest && (d[k] > 0) == (z[k] < 0) {
			d[k] = 0 // it would only go further
		}
	}
	return 2 - inter/union - union/hull, inter / union, d
}
