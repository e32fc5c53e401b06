// Package vision turns image files into pixels for people and networks: decoding with limits, EXIF orientation, resizing.
// The same Go code runs in the browser and on servers, so that both see the same pixels.
package vision

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Limits of what Decode takes. A zero field stands for its default.
type Limits struct {
	MaxBytes  int // of the file; default 64 MiB
	MaxPixels int // width times height; default 100 million
}

// Image is packed 8-bit RGB, row-major, upright (EXIF orientation applied), transparency laid over white.
type Image struct {
	Width, Height int
	Pix           []byte // 3 bytes a pixel
}

// Info tells what a file was. Width and Height are of the upright image.
type Info struct {
	Format                    string // jpeg, png, gif, webp, bmp, tiff
	Width, Height             int
	StoredWidth, StoredHeight int
	Orientation               int // EXIF, 1..8
	Notes                     []Note
}

// Note is something worth knowing about a file that was taken.
type Note struct{ Code, Text string }

// Refusal is why a file is not taken. Code is stable; Reason says what to do.
type Refusal struct{ Code, Reason string }

// Error implements error.
func (r *Refusal) Error() string { return r.Reason }

func refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// Sniff gives the format of data by its first bytes, or a Refusal for what is empty, no image, or not supported.
func Sniff(data []byte) (string, error) {
	has := func(at int, magic string) bool {
		return len(data) >= at+len(magic) && string(data[at:at+len(magic)]) == magic
	}
	switch {
	case len(data) == 0:
		return "", refuse("empty", "The file is empty. Copy it again from where it came.")
	case has(0, "\xff\xd8\xff"):
		return "jpeg", nil
	case has(0, "\x89PNG\r\n\x1a\n"):
		return "png", nil
	case has(0, "GIF87a"), has(0, "GIF89a"):
		return "gif", nil
	case has(0, "RIFF") && has(8, "WEBP"):
		return "webp", nil
	case has(0, "BM"):
		return "bmp", nil
	case has(0, "II*\x00"), has(0, "MM\x00*"):
		return "tiff", nil
	case has(4, "ftyphei"), has(4, "ftyphev"), has(4, "ftypmif1"):
		return "", refuse("heic", "HEIC photos cannot be read yet. Export them as JPEG.")
	case has(4, "ftypavi"):
		return "", refuse("avif", "AVIF images cannot be read yet. Export them as JPEG, PNG or WebP.")
	case looksLikeSVG(data):
		return "", refuse("svg", "SVG files are programs rather than photos and are not taken. Export them as PNG.")
	}
	return "", refuse("not_image", "The file is not an image that Irum knows (JPEG, PNG, GIF, WebP, BMP, TIFF).")
}

func looksLikeSVG(data []byte) bool {
	head := bytes.ToLower(data[:min(len(data), 1024)])
	return bytes.Contains(head, []byte("<svg")) || bytes.Contains(head, []byte("<!doctype svg"))
}

var configs = map[string]func(io.Reader) (image.Config, error){
	"jpeg": jpeg.DecodeConfig, "png": png.DecodeConfig, "gif": gif.DecodeConfig,
	"webp": webp.DecodeConfig, "bmp": bmp.DecodeConfig, "tiff": tiff.DecodeConfig,
}

var decoders = map[string]func(io.Reader) (image.Image, error){
	"jpeg": jpeg.Decode, "png": png.Decode, "gif": gif.Decode, "bmp": bmp.Decode, "tiff": tiff.Decode,
}

// Decode reads an image file of any supported format, whatever its name says. The size is checked from the header before
// pixels are decoded. Errors are *Refusal; broken bytes never panic. Of an animation the first frame is taken.
func Decode(data []byte, l Limits) (img *Image, info Info, err error) {
	defer func() {
		if p := recover(); p != nil { // the decoders are others' code, and a broken file must not end the import
			img, err = nil, refuse("corrupt", "The image is damaged: %v.", p)
		}
	}()
	if l.MaxBytes == 0 {
		l.MaxBytes = 64 << 20
	}
	if l.MaxPixels == 0 {
		l.MaxPixels = 100_000_000
	}
	if len(data) > l.MaxBytes {
		return nil, info, refuse("too_large", "The file has %d bytes, more than %d.", len(data), l.MaxBytes)
	}
	if info.Format, err = Sniff(data); err != nil {
		return nil, info, err
	}
	config, err := configs[info.Format](bytes.NewReader(data))
	if err != nil {
		return nil, info, broken(err)
	}
	if config.Width < 1 || config.Height < 1 {
		return nil, info, refuse("corrupt", "The image says it is %d x %d pixels.", config.Width, config.Height)
	}
	if config.Width > l.MaxPixels/config.Height {
		return nil, info, refuse("too_large", "The image has %d x %d pixels, more than %d million. Make it smaller.", config.Width, config.Height, l.MaxPixels/1_000_000)
	}
	var pixels image.Image
	if info.Format == "webp" {
		pixels, err = decodeWebP(data, config.Width, config.Height)
	} else {
		pixels, err = decoders[info.Format](bytes.NewReader(data))
	}
	if err != nil {
		return nil, info, broken(err)
	}
	info.StoredWidth, info.StoredHeight = pixels.Bounds().Dx(), pixels.Bounds().Dy()
	info.Notes = notes(data, info.Format, config.ColorModel)
	info.Orientation = Orientation(data, info.Format)
	img = upright(flatten(pixels), info.Orientation)
	info.Width, info.Height = img.Width, img.Height
	return img, info, nil
}

func broken(err error) *Refusal {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal
	}
	// Some decoders keep only the text of the error beneath theirs.
	text := err.Error()
	if strings.Contains(text, "overflow") {
		return refuse("too_large", "The image says it has more pixels than can be decoded.")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || strings.HasSuffix(text, io.ErrUnexpectedEOF.Error()) ||
		strings.HasSuffix(text, "not enough pixel data") || strings.HasSuffix(text, "short Huffman data") {
		return refuse("truncated", "The file ends too early. Copy it again from where it came.")
	}
	return refuse("corrupt", "The image cannot be decoded: %v.", err)
}

func notes(data []byte, format string, model color.Model) (out []Note) {
	switch {
	case model == color.Gray16Model || model == color.RGBA64Model || model == color.NRGBA64Model:
		out = append(out, Note{"depth", "16 bits a channel were reduced to 8."})
	case model == color.CMYKModel:
		out = append(out, Note{"cmyk", "CMYK colours were converted to RGB without a colour profile."})
	}
	if n := frames(data, format); n > 1 {
		out = append(out, Note{"animated", fmt.Sprintf("Only the first of %d frames was taken.", n)})
	}
	return out
}

// flatten gives 8-bit RGB over white. 16-bit channels are scaled by keeping the high byte, as image/color does.
func flatten(src image.Image) *Image {
	b := src.Bounds()
	img := &Image{Width: b.Dx(), Height: b.Dy(), Pix: make([]byte, 3*b.Dx()*b.Dy())}
	at := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var r, g, bl uint8
			switch s := src.(type) {
			case *image.YCbCr:
				i, c := s.YOffset(x, y), s.COffset(x, y)
				r, g, bl = color.YCbCrToRGB(s.Y[i], s.Cb[c], s.Cr[c])
			case *image.Gray:
				r = s.Pix[s.PixOffset(x, y)]
				g, bl = r, r
			default:
				r16, g16, b16, a := src.At(x, y).RGBA() // premultiplied
				white := 0xffff - a
				r, g, bl = uint8((r16+white)>>8), uint8((g16+white)>>8), uint8((b16+white)>>8)
			}
			img.Pix[at], img.Pix[at+1], img.Pix[at+2] = r, g, bl
			at += 3
		}
	}
	return img
}
