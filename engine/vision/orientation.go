package vision

import (
	"bytes"
	"encoding/binary"
)

// Orientation gives the EXIF orientation tag (0x0112 of the first IFD, TIFF 6.0), 1..8; 1 where there is none or it
// makes no sense. JPEG keeps EXIF in the APP1 segment, PNG in the eXIf chunk, WebP in the EXIF chunk.
func Orientation(data []byte, format string) int {
	switch format {
	case "jpeg":
		return jpegOrientation(data)
	case "png":
		for at := 8; at+12 <= len(data); {
			n := int(binary.BigEndian.Uint32(data[at:]))
			if n < 0 || n > len(data)-at-12 {
				return 1
			}
			switch string(data[at+4 : at+8]) {
			case "eXIf":
				return tiffOrientation(data[at+8 : at+8+n])
			case "IDAT", "IEND":
				if string(data[at+4:at+8]) == "IEND" {
					return 1
				}
			}
			at += 12 + n
		}
	case "webp":
		for at := 12; at+8 <= len(data); {
			n := int(binary.LittleEndian.Uint32(data[at+4:]))
			if n < 0 || n > len(data)-at-8 {
				return 1
			}
			if string(data[at:at+4]) == "EXIF" {
				return tiffOrientation(bytes.TrimPrefix(data[at+8:at+8+n], []byte("Exif\x00\x00")))
			}
			at += 8 + n + n&1
		}
	case "tiff":
		return tiffOrientation(data)
	}
	return 1
}

func jpegOrientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xda || marker == 0xd9 { // the image begins: no metadata after it
			return 1
		}
		if marker == 0xff {
			at++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		if n < 2 || at+2+n > len(data) {
			return 1
		}
		if body := data[at+4 : at+2+n]; marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tiffOrientation(body[6:])
		}
		at += 2 + n
	}
	return 1
}

func tiffOrientation(b []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(b) < 8 {
		return 1
	}
	at := int(order.Uint32(b[4:]))
	if at < 8 || at > len(b)-2 {
		return 1
	}
	entries := int(order.Uint16(b[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > len(b) {
			return 1
		}
		if order.Uint16(b[entry:]) != 0x0112 {
			continue
		}
		if v := int(order.Uint16(b[entry+8:])); order.Uint16(b[entry+2:]) == 3 && v >= 1 && v <= 8 {
			return v
		}
		return 1
	}
	return 1
}

// upright turns and mirrors img as its EXIF orientation says.
func upright(img *Image, orientation int) *Image {
	if orientation <= 1 || orientation > 8 {
		return img
	}
	w, h := img.Width, img.Height
	out := &Image{Width: w, Height: h, Pix: make([]byte, len(img.Pix))}
	if orientation >= 5 {
		out.Width, out.Height = h, w
	}
	for y := range h {
		for x := range w {
			dx, dy := x, y
			switch orientation {
			case 2:
				dx = w - 1 - x
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dy = h - 1 - y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			copy(out.Pix[3*(dy*out.Width+dx):][:3], img.Pix[3*(y*w+x):][:3])
		}
	}
	return out
}
