package augment

import (
	"math"
	"math/rand/v2"

	"github.com/irum-app/irum/engine/vision"
)

// fixed is one in the arithmetic on colours: factors become integers, so that every machine rounds alike.
const fixed = 1 << 12

func factor(v float64) int { return int(math.Round(v * fixed)) }

func clamp(v int) byte { return byte(min(max(v, 0), 255)) }

// grey is the brightness of a pixel by ITU-R BT.601, times 1000.
func grey(p []byte) int { return 299*int(p[0]) + 587*int(p[1]) + 114*int(p[2]) }

// jitter changes brightness, contrast, saturation and hue in place, in this order.
func jitter(img *vision.Image, strength, hue float64, rng *rand.Rand) {
	if strength > 0 {
		blend(img, between(rng, 1-strength, 1+strength), toBlack)
		blend(img, between(rng, 1-strength, 1+strength), toMean)
		blend(img, between(rng, 1-strength, 1+strength), toGrey)
	}
	if hue > 0 {
		turnHue(img, between(rng, -hue, hue))
	}
}

// toward says what an image becomes as a factor goes to 0.
type toward int

const (
	toBlack toward = iota // brightness
	toMean                // contrast
	toGrey                // saturation
)

// blend makes every value other + f (value - other), in place.
func blend(img *vision.Image, f float64, to toward) {
	k, other := factor(f), 0
	if to == toMean {
		sum := 0
		for at := 0; at < len(img.Pix); at += 3 {
			sum += grey(img.Pix[at:])
		}
		other = (sum/max(len(img.Pix)/3, 1) + 500) / 1000
	}
	for at := 0; at < len(img.Pix); at += 3 {
		p := img.Pix[at:][:3]
		if to == toGrey {
			other = (grey(p) + 500) / 1000
		}
		for c := range p {
			p[c] = clamp(other + (k*(int(p[c])-other)+fixed/2)>>12)
		}
	}
}

// turnHue rotates colours about the grey axis by a share of the circle, in place.
func turnHue(img *vision.Image, share float64) {
	s, c := math.Sincos(2 * math.Pi * share)
	a, b := factor(c+(1-c)/3), factor((1-c)/3-math.Sqrt(1.0/3)*s)
	d := fixed - a - b // the rows add up to one: grey stays
	for at := 0; at < len(img.Pix); at += 3 {
		p := img.Pix[at:][:3]
		r, g, bl := int(p[0]), int(p[1]), int(p[2])
		p[0] = clamp((a*r + b*g + d*bl + fixed/2) >> 12)
		p[1] = clamp((d*r + a*g + b*bl + fixed/2) >> 12)
		p[2] = clamp((b*r + d*g + a*bl + fixed/2) >> 12)
	}
}

func saturation(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	blend(img, 1+signed(rng, 0.9*magnitude), toGrey)
	return img
}

func contrast(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	blend(img, 1+signed(rng, 0.9*magnitude), toMean)
	return img
}

func brightness(img *vision.Image, magnitude float64, rng *rand.Rand) *vision.Image {
	blend(img, 1+signed(rng, 0.9*magnitude), toBlack)
	return img
}

// solarise turns values over a threshold round, as strongly lit film does.
func solarise(img *vision.Image, magnitude float64, _ *rand.Rand) *vision.Image {
	limit := 256 - int(math.Round(magnitude*256))
	for i, v := range img.Pix {
		if int(v) >= limit {
			img.Pix[i] = 255 - v
		}
	}
	return img
}

// posterise keeps the upper 8 to 4 bits of every value.
func posterise(img *vision.Image, magnitude float64, _ *rand.Rand) *vision.Image {
	mask := byte(0xff) << int(math.Round(4*magnitude))
	for i := range img.Pix {
		img.Pix[i] &= mask
	}
	return img
}

// autoContrast stretches each channel from 0 to 255.
func autoContrast(img *vision.Image, _ float64, _ *rand.Rand) *vision.Image {
	for c := range 3 {
		low, high := byte(255), byte(0)
		for at := c; at < len(img.Pix); at += 3 {
			low, high = min(low, img.Pix[at]), max(high, img.Pix[at])
		}
		if high <= low {
			continue
		}
		for at := c; at < len(img.Pix); at += 3 {
			img.Pix[at] = byte((int(img.Pix[at]-low)*255 + int(high-low)/2) / int(high-low))
		}
	}
	return img
}

// equalise spreads each channel's values so that all are about as frequent.
func equalise(img *vision.Image, _ float64, _ *rand.Rand) *vision.Image {
	n := len(img.Pix) / 3
	for c := range 3 {
		var count [256]int
		for at := c; at < len(img.Pix); at += 3 {
			count[img.Pix[at]]++
		}
		var table [256]byte
		before, first := 0, -1
		for v, k := range count {
			if k > 0 && first < 0 {
				first = k
			}
			if n > first && first >= 0 {
				table[v] = clamp(((before+k-first)*255 + (n-first)/2) / (n - first))
			} else {
				table[v] = byte(v)
			}
			before += k
		}
		for at := c; at < len(img.Pix); at += 3 {
			img.Pix[at] = table[img.Pix[at]]
		}
	}
	return img
}
