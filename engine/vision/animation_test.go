package vision

import (
	"bytes"
	"encoding/hex"
	"image"
	"image/color"
	"image/gif"
	"testing"
)

// redWebP is the VP8L data of a red image of 6 x 4.
const redWebP = "2f05c000000710fd8ffe0722a2ff01"

func webpAnimation(t *testing.T, canvasW, canvasH, x, y, w, h int) []byte {
	t.Helper()
	red, err := hex.DecodeString(redWebP)
	if err != nil {
		t.Fatal(err)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	frame := riff(riffChunk{"VP8L", red})[12:]
	anmf := riffChunk{"ANMF", join(bytes24(x/2), bytes24(y/2), bytes24(w-1), bytes24(h-1), bytes24(100), []byte{0}, frame)}
	return riff(riffChunk{"VP8X", join([]byte{2, 0, 0, 0}, bytes24(canvasW-1), bytes24(canvasH-1))}, riffChunk{"ANIM", make([]byte, 6)}, anmf, anmf)
}

func TestFirstFrameOfWebPAnimation(t *testing.T) {
	img, info, err := Decode(webpAnimation(t, 10, 8, 2, 4, 6, 4), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(x, y int) [3]byte { return [3]byte(img.Pix[3*(y*img.Width+x):]) }
	if img.Width != 10 || img.Height != 8 || at(0, 0) != [3]byte{255, 255, 255} || at(2, 4) != [3]byte{255, 0, 0} || at(7, 7) != [3]byte{255, 0, 0} || at(8, 7) != [3]byte{255, 255, 255} {
		t.Errorf("the frame is not where it belongs: %d x %d, %v", img.Width, img.Height, img.Pix)
	}
	if len(info.Notes) != 1 || info.Notes[0].Code != "animated" {
		t.Errorf("notes %v", info.Notes)
	}
	if whole, _, err := Decode(webpAnimation(t, 6, 4, 0, 0, 6, 4), Limits{}); err != nil || whole.Width != 6 || whole.Pix[0] != 255 || whole.Pix[1] != 0 {
		t.Errorf("a frame as large as the image: %v", err)
	}
}

// TestWebPSizesMustAgree: a small size in the header must not let a large image through.
func TestWebPSizesMustAgree(t *testing.T) {
	red, _ := hex.DecodeString(redWebP)
	still := riff(riffChunk{"VP8X", append([]byte{0, 0, 0, 0}, append(bytes24(1), bytes24(1)...)...)}, riffChunk{"VP8L", red})
	for name, data := range map[string][]byte{
		"frame":   webpAnimation(t, 20, 20, 0, 0, 5, 4),
		"outside": webpAnimation(t, 6, 4, 2, 0, 6, 4),
		"still":   still,
		"cut":     webpAnimation(t, 10, 8, 2, 4, 6, 4)[:50],
	} {
		if _, _, err := Decode(data, Limits{}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestFramesAreCountedUndecoded: thousands of frames in a small file must not be decoded to count them.
func TestFramesAreCountedUndecoded(t *testing.T) {
	blank := image.NewPaletted(image.Rect(0, 0, 2000, 2000), color.Palette{color.Black, color.White})
	moving := &gif.GIF{Image: []*image.Paletted{blank, blank, blank}, Delay: []int{1, 1, 1}}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, moving); err != nil {
		t.Fatal(err)
	}
	if n := frames(out.Bytes(), "gif"); n != 3 {
		t.Errorf("%d frames", n)
	}
	if used := testing.AllocsPerRun(3, func() { frames(out.Bytes(), "gif") }); used > 0 {
		t.Errorf("counting takes %v allocations", used)
	}
	for cut := range out.Bytes() {
		_ = frames(out.Bytes()[:cut], "gif")
	}
}
