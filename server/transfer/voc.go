package transfer

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
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
	if source := f.child("source"); strings.TrimSpace(source.child("database").text.String()) == vocDatabase {
		it.VOC = domain.VOCOne
		if strings.TrimSpace(source.child("annotation").text.String()) == vocFromZero {
			it.VOC = domain.VOCZero
		}
	}
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

// What Irum's own files say about themselves, in the element source: who wrote them, and in which dialect when not the standard's.
const (
	vocDatabase = "Irum"
	vocFromZero = "pixels from 0"
)

// vocEvidence tells by one label which dialect its set of files is in, "" where it does not show. The standard counts pixels from 1
// and includes the last; many tools write 0-based, exclusive edges. A 0, or a fraction, can only be the latter.
func vocEvidence(it item) domain.VOC {
	if it.Kind != kindVOC || it.VOC != "" {
		return it.VOC
	}
	for _, b := range it.Boxes {
		if b.At[0] < 1 || b.At[1] < 1 {
			return domain.VOCZero
		}
		for _, v := range b.At {
			if v != math.Trunc(v) {
				return domain.VOCZero
			}
		}
	}
	return ""
}

// dialect is how the VOC boxes of an import are read, and why: as it was asked for, as the files show, as the boxes that the project
// has, or as the standard says. One file that shows 0 speaks for all that show nothing.
type dialect struct {
	asked, shown, had domain.VOC
}

func (d *dialect) see(it item) {
	if e := vocEvidence(it); e == domain.VOCZero || d.shown == "" {
		d.shown = e
	}
}

// of gives the dialect of one label.
func (d *dialect) of(it item) domain.VOC { return cmp.Or(d.asked, it.VOC, d.all()) }

// all gives the dialect of those that do not show theirs.
func (d *dialect) all() domain.VOC { return cmp.Or(d.asked, d.shown, d.had, domain.VOCOne) }

// note says what was done.
func (d *dialect) note(l *lines) {
	code, how := "voc_one_based", "with pixels that count from 1, the last one included, as the standard says"
	if d.all() == domain.VOCZero {
		code, how = "voc_zero_based", "with pixels that count from 0"
	}
	why := "nothing in them tells otherwise"
	switch {
	case d.asked != "":
		why = "it was asked for"
	case d.shown == domain.VOCZero:
		why = "some start at 0, hold fractions, or say so"
	case d.shown != "":
		why = "they say so"
	case d.had != "":
		why = "the boxes that the project got before were"
	}
	l.note(code, "The VOC boxes were read %s: %s. Exports of this project follow it.", how, why)
}
