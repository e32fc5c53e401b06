package vision

import (
	"bytes"
	"image"
	"image/jpeg"
)

// weight is the share of source sample index in one destination sample, of fixedOne.
type weight struct{ index, share int }

const fixedOne = 1 << 14

// taps gives, for each of n destination samples over size source samples, what they are made of: a triangle filter as
// wide as the reduction (bilinear when enlarging), in integers, so that every machine gives the same pixels.
func taps(size, n int) [][]weight {
	out := make([][]weight, n)
	reach := max(2*size, 2*n) // half the filter's width, in units of 1/(2n) source pixels
	for i := range out {
		centre := (2*i + 1) * size // of the destination sample, in the same units
		total := 0
		for k := max((centre-reach)/(2*n)-1, 0); k < size; k++ {
			distance := (2*k+1)*n - centre
			if distance >= reach {
				break
			}
			if distance < 0 {
				distance = -distance
			}
			if distance < reach {
				out[i] = append(out[i], weight{k, reach - distance})
				total += reach - distance
			}
		}
		left, widest := fixedOne, 0
		for k := range out[i] {
			out[i][k].share = int(int64(out[i][k].share) * fixedOne / int64(total))
			left -= out[i][k].share
			if out[i][k].share > out[i][widest].share {
				widest = k
			}
		}
		out[i][widest].share += left // the shares add up to one
	}
	return out
}

// Resize gives img at width x height pixels.
func Resize(img *Image, width, height int) *Image {
	if width == img.Width && height == img.Height {
		return img
	}
	across := make([]byte, 3*width*img.Height)
	columns := taps(img.Width, width)
	for y := range img.Height {
		row := img.Pix[3*y*img.Width:][:3*img.Width]
		for x, from := range columns {
			var r, g, b int
			for _, t := range from {
				r += t.share * int(row[3*t.index])
				g += t.share * int(row[3*t.index+1])
				b += t.share * int(row[3*t.index+2])
			}
			put(across[3*(y*width+x):], r, g, b)
		}
	}
	out := &Image{Width: width, Height: height, Pix: make([]byte, 3*width*height)}
	for y, from := range taps(img.Height, height) {
		for x := range width {
			var r, g, b int
			for _, t := range from {
				p := across[3*(t.index*width+x):][:3]
				r += t.share * int(p[0])
				g += t.share * int(p[1])
				b += t.share * int(p[2])
			}
			put(out.Pix[3*(y*width+x):], r, g, b)
		}
	}
	return out
}

func put(p []byte, r, g, b int) {
	const half = fixedOne / 2
	p[0], p[1], p[2] = byte((r+half)/fixedOne), byte((g+half)/fixedOne), byte((b+half)/fixedOne)
}

// Thumbnail gives img as JPEG with at most side pixels on its long side; smaller images keep their size.
func Thumbnail(img *Image, side int) ([]byte, error) {
	w, h := within(img.Width, img.Height, side)
	small := Resize(img, w, h)
	rgba := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		copy(rgba.Pix[4*i:], small.Pix[3*i:][:3])
		rgba.Pix[4*i+3] = 0xff
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, rgba, &jpeg.Options{Quality: 85})
	return out.Bytes(), err
}

// DHash is the 64-bit difference hash: of the grey image at 9 x 8, bit 8y+x tells whether brightness falls from x to x+1.
func DHash(img *Image) uint64 {
	small := Resize(img, 9, 8)
	grey := func(x, y int) int {
		p := small.Pix[3*(9*y+x):][:3]
		return 299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])
	}
	var hash uint64
	for y := range 8 {
		for x := range 8 {
			if grey(x, y) > grey(x+1, y) {
				hash |= 1 << (8*y + x)
			}
		}
	}
	return hash
}

// Tensor gives img stretched to size x size as network input [3,size,size] (CHW, RGB): pixel*scale + shift.
func Tensor(img *Image, size int, scale, shift float32) []float32 {
	small := Resize(img, size, size)
	area := size * size
	out := make([]float32, 3*area)
	var table [256]float32
	for v := range table {
		table[v] = float32(float32(v)*scale) + shift // rounded in between, so that no machine fuses the two
	}
	for i := range area {
		for c := range 3 {
			out[c*area+i] = table[small.Pix[3*i+c]]
		}
	}
	return out
}
