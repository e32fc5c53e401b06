package vision

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/webp"
)

// frames counts the images of a file without decoding them: a small file can hold thousands that are large.
func frames(data []byte, format string) int {
	switch format {
	case "gif":
		return gifFrames(data)
	case "webp":
		n := 0
		for _, c := range riffChunks(data[min(12, len(data)):]) {
			if c.kind == "ANMF" {
				n++
			}
		}
		return n
	case "png":
		if at := bytes.Index(data, []byte("acTL")); at > 0 && len(data) >= at+8 {
			return int(binary.BigEndian.Uint32(data[at+4:]))
		}
	}
	return 1
}

// gifFrames walks through the blocks of a GIF and counts the images.
func gifFrames(data []byte) (n int) {
	at := 13
	if len(data) < at {
		return 0
	}
	at += tableSize(data[10])
	for at < len(data) {
		switch data[at] {
		case 0x21: // an extension: its label, then blocks
			at += 2
		case 0x2c: // an image: place and size, a table of colours, the code size, then blocks
			if at+10 > len(data) {
				return n
			}
			n++
			at += 10 + tableSize(data[at+9]) + 1
		default: // the end, or what is none of these
			return n
		}
		for at < len(data) && data[at] != 0 {
			at += 1 + int(data[at])
		}
		at++
	}
	return n
}

func tableSize(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

type riffChunk struct {
	kind string
	body []byte
}

// riffChunks gives the chunks of a RIFF file after its header, as far as they are whole.
func riffChunks(data []byte) (out []riffChunk) {
	for len(data) >= 8 {
		size := int64(binary.LittleEndian.Uint32(data[4:]))
		if size > int64(len(data)-8) {
			break
		}
		out = append(out, riffChunk{string(data[:4]), data[8 : 8+size]})
		data = data[min(8+size+size&1, int64(len(data))):]
	}
	return out
}

// riff makes a WebP file of chunks.
func riff(chunks ...riffChunk) []byte {
	body := []byte("WEBP")
	for _, c := range chunks {
		body = binary.LittleEndian.AppendUint32(append(body, c.kind...), uint32(len(c.body)))
		body = append(body, c.body...)
		if len(c.body)%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// decodeWebP reads a WebP file whose header says that it is width x height: the image, or the first one of an animation on
// an empty canvas. The size within is compared with the header's before pixels are decoded.
func decodeWebP(data []byte, width, height int) (image.Image, error) {
	chunks := riffChunks(data[min(12, len(data)):])
	for _, c := range chunks {
		if c.kind != "ANMF" {
			continue
		}
		if len(c.body) < 16 {
			return nil, refuse("corrupt", "The image is damaged: a frame has no header.")
		}
		at := image.Pt(2*uint24(c.body), 2*uint24(c.body[3:]))
		w, h := 1+uint24(c.body[6:]), 1+uint24(c.body[9:])
		if !image.Rect(at.X, at.Y, at.X+w, at.Y+h).In(image.Rect(0, 0, width, height)) {
			return nil, refuse("corrupt", "The image is damaged: its first frame does not lie within it.")
		}
		frame, err := stillWebP(riffChunks(c.body[16:]), w, h)
		if err != nil || (w == width && h == height) {
			return frame, err
		}
		canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
		from := frame.Bounds().Min // package image/draw would be 50 KB more of app.wasm for this one rare kind of file
		for y := range h {
			for x := range w {
				canvas.Set(at.X+x, at.Y+y, frame.At(from.X+x, from.Y+y))
			}
		}
		return canvas, nil
	}
	return stillWebP(chunks, width, height)
}

// stillWebP decodes the one image of chunks.
func stillWebP(chunks []riffChunk, width, height int) (image.Image, error) {
	var parts []riffChunk
	for _, c := range chunks {
		switch c.kind {
		case "ALPH":
			header := binary.LittleEndian.AppendUint32(nil, 0x10) // has alpha
			header = append(append(header, bytes24(width-1)...), bytes24(height-1)...)
			parts = []riffChunk{{"VP8X", header}, c}
		case "VP8 ", "VP8L":
			config, err := webp.DecodeConfig(bytes.NewReader(riff(c)))
			if err != nil {
				return nil, err
			}
			if config.Width != width || config.Height != height {
				return nil, refuse("corrupt", "The image is damaged: it is %d x %d pixels, and its header says %d x %d.", config.Width, config.Height, width, height)
			}
			return webp.Decode(bytes.NewReader(riff(append(parts, c)...)))
		}
	}
	return nil, refuse("truncated", "The file ends too early. Copy it again from where it came.")
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func bytes24(v int) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16)} }
