package vision

// MeasureSide is the long side, in pixels, at which images are measured; larger ones are made smaller first.
const MeasureSide = 256

// Measures tell whether an image is of use, whatever it shows. All are integers and the same on every host.
type Measures struct {
	// Sharpness is 1000 times the share of the differences between neighbours that is lost when the image is blurred: 0 where it
	// is blurred already, so that nothing is lost. It is 1 - blur of F. Crete, T. Dolmiere, P. Ladret and M. Nicolas, The Blur
	// Effect: Perception and Estimation with a New No-Reference Perceptual Blur Metric (SPIE 6492, 2007), with their mean
	// over 11 pixels, in the direction where it is less. Unlike the variance of the Laplacian it does not depend on contrast. Noise counts as
	// sharp. 1000 where no two neighbours differ, or the image has no 13 pixels in either direction.
	Sharpness int
	// Light is what the strongest channel of 99 % of the pixels does not exceed, 0..255: low in dark images, high where anything is
	// light, of whatever colour.
	Light int
	// Shade is what the weakest channel of 10 % of the pixels does not exceed, 0..255: high where nothing is dark or of a colour, as in
	// an over-exposed image.
	Shade int
	// Contrast is how far the luma of 1 % and of 99 % of the pixels are apart, 0..255.
	Contrast int
}

// Measure measures img at MeasureSide. Luma is that of ITU-R BT.601, of the encoded values. Percentiles are of the nearest rank.
func Measure(img *Image) Measures {
	w, h := within(img.Width, img.Height, MeasureSide)
	small := Resize(img, w, h)
	luma := make([]byte, w*h)
	var lumas, strongest, weakest [256]int
	for i := range luma {
		r, g, b := small.Pix[3*i], small.Pix[3*i+1], small.Pix[3*i+2]
		luma[i] = byte((299*int(r) + 587*int(g) + 114*int(b) + 500) / 1000)
		lumas[luma[i]]++
		strongest[max(r, g, b)]++
		weakest[min(r, g, b)]++
	}
	m := Measures{
		Sharpness: 1000, Light: rank(&strongest, len(luma), 99), Shade: rank(&weakest, len(luma), 10),
		Contrast: rank(&lumas, len(luma), 99) - rank(&lumas, len(luma), 1),
	}
	for _, along := range []int{1, w} {
		if s, ok := keenness(luma, w, h, along); ok {
			m.Sharpness = min(m.Sharpness, s)
		}
	}
	return m
}

// within gives the size of a picture of w x h pixels with at most side on its long side; smaller ones keep theirs.
func within(w, h, side int) (int, int) {
	switch {
	case w <= side && h <= side:
		return w, h
	case w >= h:
		return side, max((h*side+w/2)/w, 1)
	}
	return max((w*side+h/2)/h, 1), side
}

// rank is the value that percent of n values do not exceed.
func rank(tally *[256]int, n, percent int) int {
	want := max((n*percent+99)/100, 1)
	for v, count := range tally {
		if want -= count; want <= 0 {
			return v
		}
	}
	return 255
}

const (
	meanOf = 11         // pixels of the mean that blurs
	reach  = meanOf / 2 // to either side
)

// keenness is Sharpness in one direction: along is how far neighbours in it are apart. The differences of a mean of 11 pixels are
// those of the pixels that come in and go out, so nothing is blurred. ok is false where nothing differs.
func keenness(luma []byte, w, h, along int) (sharpness int, ok bool) {
	left, top := 0, 0 // of the first pixel whose mean and whose neighbour's are inside
	right, bottom := w, h
	if along == 1 {
		left, right = reach+1, w-reach
	} else {
		top, bottom = reach+1, h-reach
	}
	var all, lost int64
	for y := top; y < bottom; y++ {
		for x := left; x < right; x++ {
			i := y*w + x
			differ := meanOf * distance(luma[i], luma[i-along])
			after := distance(luma[i+reach*along], luma[i-(reach+1)*along])
			all += int64(differ)
			lost += int64(max(differ-after, 0))
		}
	}
	if all == 0 {
		return 0, false
	}
	return int(1000 * lost / all), true
}

func distance(a, b byte) int {
	if a < b {
		return int(b - a)
	}
	return int(a - b)
}
