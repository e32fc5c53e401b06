package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/bits"
	"testing"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// corners is 32 x 16: red top left, green top right, blue bottom left, white bottom right.
func corners() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 32, 16))
	for y := range 16 {
		for x := range 32 {
			c := color.RGBA{255, 0, 0, 255}
			switch {
			case y >= 8 && x >= 16:
				c = color.RGBA{255, 255, 255, 255}
			case y >= 8:
				c = color.RGBA{0, 0, 255, 255}
			case x >= 16:
				c = color.RGBA{0, 255, 0, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func encode(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 95})
	case "png":
		err = png.Encode(&out, img)
	case "gif":
		err = gif.Encode(&out, img, nil)
	case "bmp":
		err = bmp.Encode(&out, img)
	case "tiff":
		err = tiff.Encode(&out, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withEXIF puts an APP1 segment with the orientation tag behind the start of a JPEG.
func withEXIF(data []byte, order binary.ByteOrder, orientation uint16) []byte {
	tag := []byte("MM\x00*")
	if order == binary.LittleEndian {
		tag = []byte("II*\x00")
	}
	body := make([]byte, 6+8+2+12+4)
	copy(body, "Exif\x00\x00")
	copy(body[6:], tag)
	order.PutUint32(body[10:], 8)
	order.PutUint16(body[14:], 1)
	order.PutUint16(body[16:], 0x0112)
	order.PutUint16(body[18:], 3)
	order.PutUint32(body[20:], 1)
	order.PutUint16(body[24:], orientation)
	segment := []byte{0xff, 0xe1, 0, byte(len(body) + 2)}
	return append(append(append([]byte{0xff, 0xd8}, segment...), body...), data[2:]...)
}

// letter names the corner colour at (x, y).
func letter(img *Image, x, y int) string {
	p := img.Pix[3*(y*img.Width+x):][:3]
	names := map[[3]bool]string{{true, false, false}: "r", {false, true, false}: "g", {false, false, true}: "b", {true, true, true}: "w"}
	return names[[3]bool{p[0] > 128, p[1] > 128, p[2] > 128}]
}

func layout(img *Image) string {
	r, b := img.Width-3, img.Height-3
	return letter(img, 2, 2) + letter(img, r, 2) + letter(img, 2, b) + letter(img, r, b)
}

func TestFormats(t *testing.T) {
	for _, format := range []string{"jpeg", "png", "gif", "bmp", "tiff"} {
		img, info, err := Decode(encode(t, format, corners()), Limits{})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if info.Format != format || info.Width != 32 || info.Height != 16 || layout(img) != "rgbw" {
			t.Errorf("%s: %+v, corners %s", format, info, layout(img))
		}
	}
}

func TestAllOrientations(t *testing.T) {
	base := encode(t, "jpeg", corners())
	// where red, green, blue, white (stored order) are seen, by the EXIF standard's row and column definitions
	want := []string{"", "rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"}
	for orientation := 1; orientation <= 8; orientation++ {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			img, info, err := Decode(withEXIF(base, order, uint16(orientation)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if info.Orientation != orientation || layout(img) != want[orientation] {
				t.Errorf("orientation %d: read %d, corners %s, want %s", orientation, info.Orientation, layout(img), want[orientation])
			}
			if turned := info.Width == 16; turned != (orientation >= 5) || info.StoredWidth != 32 {
				t.Errorf("orientation %d: %+v", orientation, info)
			}
		}
	}
	for _, nonsense := range []uint16{0, 9, 300} {
		if _, info, err := Decode(withEXIF(base, binary.BigEndian, nonsense), Limits{}); err != nil || info.Orientation != 1 {
			t.Errorf("orientation %d: %+v, %v", nonsense, info, err)
		}
	}
}

// pngHeader is a PNG that says it has w x h pixels and holds none.
func pngHeader(w, h uint32) []byte {
	chunk := []byte("IHDR\x00\x00\x00\x00\x00\x00\x00\x00\x08\x02\x00\x00\x00")
	binary.BigEndian.PutUint32(chunk[4:], w)
	binary.BigEndian.PutUint32(chunk[8:], h)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

func TestBadFilesAreRefusedWithAReason(t *testing.T) {
	photo, picture := encode(t, "jpeg", corners()), encode(t, "png", corners())
	damaged := bytes.Clone(picture)
	damaged[len(damaged)/2] ^= 0xff
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"empty":          {nil, "empty"},
		"text":           {[]byte("hello"), "not_image"},
		"svg":            {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "svg"},
		"heic":           {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "heic"},
		"avif":           {[]byte("\x00\x00\x00\x18ftypavif\x00\x00\x00\x00"), "avif"},
		"huge":           {pngHeader(20000, 20000), "too_large"},
		"overflow":       {pngHeader(0x7fffffff, 0x7fffffff), "too_large"},
		"jpeg header":    {photo[:30], "truncated"},
		"half a jpeg":    {photo[:len(photo)*3/4], "truncated"},
		"half a png":     {picture[:len(picture)-20], "truncated"},
		"damaged png":    {damaged, "corrupt"},
		"zero-sized bmp": {append([]byte("BM"), make([]byte, 60)...), "corrupt"},
	} {
		start := time.Now()
		_, _, err := Decode(c.data, Limits{})
		var r *Refusal
		if !errors.As(err, &r) || r.Code != c.code || r.Reason == "" {
			t.Errorf("%s: %v (%+v), want code %s", name, err, r, c.code)
		}
		if time.Since(start) > time.Second {
			t.Errorf("%s took %v", name, time.Since(start))
		}
	}
	if _, _, err := Decode(photo, Limits{MaxBytes: 10}); err == nil {
		t.Error("a file over MaxBytes was taken")
	}
}

func TestDepthAlphaAndAnimation(t *testing.T) {
	deep := image.NewGray16(image.Rect(0, 0, 4, 4))
	for i := range deep.Pix {
		deep.Pix[i] = 0x80
	}
	img, info, err := Decode(encode(t, "png", deep), Limits{})
	if err != nil || img.Pix[0] != 0x80 || len(info.Notes) != 1 || info.Notes[0].Code != "depth" {
		t.Errorf("16 bit: %v %+v %v", img, info, err)
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	if img, _, err := Decode(encode(t, "png", clear), Limits{}); err != nil || img.Pix[0] != 255 {
		t.Errorf("transparency should lie over white: %v %v", img, err)
	}
	frame := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.White, color.Black})
	var moving bytes.Buffer
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{frame, frame, frame}, Delay: []int{1, 1, 1}}); err != nil {
		t.Fatal(err)
	}
	if _, info, err := Decode(moving.Bytes(), Limits{}); err != nil || len(info.Notes) != 1 || info.Notes[0].Code != "animated" {
		t.Errorf("animation: %+v %v", info, err)
	}
}

func TestResize(t *testing.T) {
	flat := &Image{Width: 37, Height: 11, Pix: bytes.Repeat([]byte{9, 200, 77}, 37*11)}
	for _, size := range [][2]int{{1, 1}, {300, 300}, {37, 5}, {5, 11}, {36, 10}} {
		out := Resize(flat, size[0], size[1])
		for i, v := range out.Pix {
			if v != flat.Pix[i%3] {
				t.Fatalf("%v: a flat colour became %d at %d", size, v, i)
			}
		}
	}
	ramp := &Image{Width: 4, Height: 1, Pix: []byte{0, 0, 0, 100, 100, 100, 200, 200, 200, 252, 252, 252}}
	if got := Resize(ramp, 2, 1).Pix; got[0] >= got[3] || int(got[0])+int(got[3]) < 250 {
		t.Errorf("halved ramp: %v", got)
	}
}

func TestThumbnailHashAndTensor(t *testing.T) {
	img, _, err := Decode(encode(t, "png", corners()), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	thumb, err := Thumbnail(img, 16)
	if err != nil {
		t.Fatal(err)
	}
	small, _, err := Decode(thumb, Limits{})
	if err != nil || small.Width != 16 || small.Height != 8 {
		t.Errorf("thumbnail %+v, %v", small, err)
	}
	if d := bits.OnesCount64(DHash(img) ^ DHash(Resize(img, 64, 32))); d > 4 {
		t.Errorf("the hash of the same image at another size differs in %d bits", d)
	}
	x := Tensor(img, 8, 1/127.5, -1)
	if len(x) != 3*64 || x[0] != 1 || x[64] != -1 || x[191] != 1 {
		t.Errorf("tensor corners %v %v %v", x[0], x[64], x[191])
	}
}

func FuzzDecode(f *testing.F) {
	for _, format := range []string{"jpeg", "png", "gif", "bmp", "tiff"} {
		f.Add(encode(f, format, corners()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, info, err := Decode(data, Limits{MaxPixels: 1 << 20})
		var r *Refusal
		if err != nil && !errors.As(err, &r) {
			t.Errorf("an error that is no refusal: %v", err)
		}
		if err == nil && (len(img.Pix) != 3*info.Width*info.Height || info.Width == 0) {
			t.Errorf("%+v with %d bytes", info, len(img.Pix))
		}
	})
}
