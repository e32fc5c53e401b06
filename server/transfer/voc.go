package transfer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// vocObject is one object of an annotation of Pascal VOC. Coordinates are text here, because tools leave them empty.
type vocObject struct{ Name, XMin, YMin, XMax, YMax string }

func vocObjects(annotation *xmlNode) []vocObject {
	var out []vocObject
	for _, n := range annotation.children {
		if n.name == "object" {
			box := n.child("bndbox")
			at := func(name string) string { return box.child(name).text.String() }
			out = append(out, vocObject{n.child("name").text.String(), at("xmin"), at("ymin"), at("xmax"), at("ymax")})
		}
	}
	return out
}

// parseVOC keeps the edges as written; which of the two dialects they follow is told from all files of the import together.
func parseVOC(p *parsed, text string) {
	f, err := parseXML(text)
	if err == nil && f.name != "annotation" {
		err = fmt.Errorf("it begins with <%.40s> instead of <annotation>", f.name)
	}
	if err != nil {
		p.refuse("voc_xml", "The XML cannot be read: %v.", err)
		return
	}
	objects := vocObjects(f)
	it := item{Kind: kindVOC, Image: strings.TrimSpace(f.child("filename").text.String())}
	size := f.child("size")
	if w, h := size.child("width").text.String(), size.child("height").text.String(); isNumber(w) && isNumber(h) {
		it.Size = [2]int{int(number(w)), int(number(h))}
	}
	for i, o := range objects {
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
	if it.Empty = len(objects) == 0; it.Empty || len(it.Boxes)+len(it.Classes) > 0 {
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

// vocZeroBased tells by one label which dialect its set of files is in. The standard counts pixels from 1 and includes the last;
// many tools write 0-based, exclusive edges. A 0, or a fraction, can only be the latter.
func vocZeroBased(it item) bool {
	if it.Kind != kindVOC {
		return false
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
	return false
}
