package transfer

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// vocFile is one annotation of Pascal VOC. Sizes and coordinates are text here, because tools leave them empty.
type vocFile struct {
	XMLName  xml.Name    `xml:"annotation"`
	Folder   string      `xml:"folder"`
	Filename string      `xml:"filename"`
	Width    string      `xml:"size>width"`
	Height   string      `xml:"size>height"`
	Objects  []vocObject `xml:"object"`
}

type vocObject struct {
	Name string `xml:"name"`
	XMin string `xml:"bndbox>xmin"`
	YMin string `xml:"bndbox>ymin"`
	XMax string `xml:"bndbox>xmax"`
	YMax string `xml:"bndbox>ymax"`
}

// parseVOC keeps the edges as written; which of the two dialects they follow is told from all files of the import together.
func parseVOC(p *parsed, text string) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "euc-kr", "cp949", "ks_c_5601-1987":
			return in, nil // labelText has decoded it
		}
		return nil, fmt.Errorf("the character set %q is not read; write the file as UTF-8", charset)
	}
	var f vocFile
	if err := d.Decode(&f); err != nil {
		p.refuse("voc_xml", "The XML cannot be read: %v.", err)
		return
	}
	it := item{Kind: kindVOC, Image: strings.TrimSpace(f.Filename)}
	if isNumber(f.Width) && isNumber(f.Height) {
		it.Size = [2]int{int(number(f.Width)), int(number(f.Height))}
	}
	for i, o := range f.Objects {
		name := strings.TrimSpace(o.Name)
		if name == "" {
			p.refuse("voc_object", "Object %d has no name.", i+1)
			continue
		}
		if strings.TrimSpace(o.XMin+o.YMin+o.XMax+o.YMax) == "" {
			it.Classes = append(it.Classes, name) // a class of the whole image
			continue
		}
		box := rawBox{Class: name, Edges: true}
		good := true
		for j, v := range []string{o.XMin, o.YMin, o.XMax, o.YMax} {
			good = good && isNumber(v)
			box.At[j] = number(v)
		}
		if !good || box.At[2] < box.At[0] || box.At[3] < box.At[1] {
			p.refuse("voc_object", "Object %d (%s) has no box: xmin %s, ymin %s, xmax %s, ymax %s.", i+1, name, o.XMin, o.YMin, o.XMax, o.YMax)
			continue
		}
		it.Boxes = append(it.Boxes, box)
	}
	// A file whose objects were all refused says nothing about its image.
	if it.Empty = len(f.Objects) == 0; it.Empty || len(it.Boxes)+len(it.Classes) > 0 {
		p.add(it)
	}
}

// number is s as a number that fits a coordinate, 0 where it is none.
func number(s string) float64 {
	if !isNumber(s) {
		return 0
	}
	v, _ := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return math.Max(-1e9, math.Min(1e9, v))
}

// vocZeroBased tells the dialect of a set of files. The standard counts pixels from 1 and includes the last; many tools
// write 0-based, exclusive edges. A 0, or a fraction, can only be the latter.
func vocZeroBased(items []item) bool {
	for _, it := range items {
		if it.Kind != kindVOC {
			continue
		}
		for _, b := range it.Boxes {
			if b.At[0] < 1 || b.At[1] < 1 {
				return true
			}
			for _, v := range b.At {
				if v != math.Trunc(v) {
					return true
				}
			}
		}
	}
	return false
}
