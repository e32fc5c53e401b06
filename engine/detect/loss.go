package detect

import "math"

const (
	// A place that is to find a box lies within a share of the box's sides from its centre, between bounds in places (Tian et al. 2019, FCOS, and its
	// centre sampling, where large boxes have no more places than small ones).
	reachShare, leastReach, mostReach = 0.25, 1.5, 3.0
	// even is what the places of one object weigh together: small ones, which few places find, are to count as much as large ones.
	even = 10
	// nearest is the least distance of an edge, in places: what is smaller is not told apart.
	nearest = 1.0 / 16
	// farthest bounds distances that a place can answer, as logarithm.
	farthest = 5
	// boxWeight is that of the boxes' loss beside the scores'.
	boxWeight = 2
)

// target is what a place is to answer: a class, and how far the edges of its box are. Class is -1 where there is no object.
type target struct {
	class  int
	far    [4]float64 // left, top, right, bottom, in places
	weight float64    // of the place in the loss
	object int
}

// assign gives the target of every place. objects are in units of a place, the middle of the first is at (0.5, 0.5). Of several
// objects that a place could find it finds the smallest. An object that lies between all middles is found by the place that its centre is in.
func assign(objects []Object, rows, cols int) []target {
	out, area := make([]target, rows*cols), make([]float64, rows*cols)
	for i := range out {
		out[i].class = -1
	}
	take := func(y, x, k int) {
		o := objects[k]
		if i := y*cols + x; out[i].class < 0 || o.Area() < area[i] {
			cx, cy := float64(x)+0.5, float64(y)+0.5
			far := [4]float64{max(cx-o.X0, nearest), max(cy-o.Y0, nearest), max(o.X1-cx, nearest), max(o.Y1-cy, nearest)}
			out[i], area[i] = target{class: o.Class, far: far, object: k}, o.Area()
		}
	}
	for k, o := range objects {
		mx, my := (o.X0+o.X1)/2, (o.Y0+o.Y1)/2
		x, y := min(max(int(mx), 0), cols-1), min(max(int(my), 0), rows-1)
		take(y, x, k)
		wide, high := reach(o.X1-o.X0), reach(o.Y1-o.Y0)
		for r := max(y-int(high)-1, 0); r < min(y+int(high)+2, rows); r++ {
			for c := max(x-int(wide)-1, 0); c < min(x+int(wide)+2, cols); c++ {
				cx, cy := float64(c)+0.5, float64(r)+0.5
				if math.Abs(cx-mx) < wide && math.Abs(cy-my) < high && cx > o.X0 && cx < o.X1 && cy > o.Y0 && cy < o.Y1 {
					take(r, c, k)
				}
			}
		}
	}
	weigh(out, len(objects))
	return out
}

// assignAll is assign for the views of a batch, with the weight of all targets together: what a loss is divided by.
func assignAll(objects [][]Object, rows, cols int) (targets [][]target, weight float64) {
	targets = make([][]target, len(objects))
	for i, list := range objects {
		targets[i] = assign(list, rows, cols)
		for _, a := range targets[i] {
			weight += a.weight
		}
	}
	return targets, weight
}

// reach is how far from the centre of a box places find it, by the size of its side.
func reach(side float64) float64 { return min(max(reachShare*side, leastReach), mostReach) }

// weigh lets every object that has places weigh the same.
func weigh(targets []target, objects int) {
	places := make([]int, objects)
	for _, t := range targets {
		if t.class >= 0 {
			places[t.object]++
		}
	}
	for i := range targets {
		if t := &targets[i]; t.class >= 0 {
			t.weight = even / float64(places[t.object])
		}
	}
}

// loss gives what out [places, classes+4] misses of targets, and its gradient: the quality focal loss of scores that are to be the IoU of the
// place's box (Li et al. 2020, Generalized Focal Loss, eq. 2, beta 2), and the generalised IoU of boxes (Rezatofighi et al. 2019). Both are
// divided by found, what the objects' places in the batch weigh.
func loss(dOut, out []float32, targets []target, classes int, found float64) float64 {
	sum, n := 0.0, classes+4
	clear(dOut)
	for i, t := range targets {
		row, grad := out[i*n:][:n], dOut[i*n:][:n]
		quality := 0.0
		if t.class >= 0 {
			l, iou, d := boxLoss(row[classes:], t.far)
			quality = iou
			part := boxWeight * t.weight / found
			sum += part * l
			for k := range d {
				grad[classes+k] = float32(part * d[k])
			}
		}
		for c := range classes {
			want, part := 0.0, 1/found
			if c == t.class {
				want, part = quality, t.weight/found
			}
			l, d := qualityFocal(float64(row[c]), want)
			sum += part * l
			grad[c] = float32(part * d)
		}
	}
	return sum
}

// qualityFocal is |y - s|^2 times the cross entropy of s, the sigmoid of z, with its derivative by z.
func qualityFocal(z, y float64) (loss, d float64) {
	s := 1 / (1 + exp(-z))
	entropy := max(z, 0) - z*y + math.Log1p(exp(-math.Abs(z)))
	off := s - y
	return off * off * entropy, off*off*off + 2*off*s*(1-s)*entropy
}

// boxLoss is 1 - GIoU of a box whose edges are exp(z) away with one whose edges are far away, with the IoU and the derivatives by z.
func boxLoss(z []float32, far [4]float64) (loss, iou float64, d [4]float64) {
	var e, shared, cover [4]float64
	for k := range e {
		e[k] = exp(min(max(float64(z[k]), -farthest), farthest))
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
