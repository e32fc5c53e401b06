package transfer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// What CVAT calls the ways in which a label came to be.
const (
	cvatManual   = "manual"
	cvatAuto     = "auto"      // by a model; nobody has looked
	cvatAccepted = "semi-auto" // by a model, and a person has worked on it
	cvatFile     = "file"      // imported
)

// parseCVAT reads "CVAT for images 1.1". Images come one by one.
func parseCVAT(p *parsed, text string) {
	var order []string
	tracks := 0
	root, err := parseXMLEach(text, func(n *xmlNode) (drop bool) {
		switch n.name {
		case "meta":
			order = cvatClasses(n)
			p.add(item{Kind: kindClasses, Classes: order})
		case "image":
			cvatImage(p, n)
		case "track":
			tracks++
		}
		return true
	})
	switch {
	case err == nil && root.name != "annotations":
		err = fmt.Errorf("it begins with <%.40s> instead of <annotations>", root.name)
		fallthrough
	case err != nil:
		p.refuse("cvat_xml", "The XML cannot be read: %v.", err)
	case tracks > 0:
		p.refuse("cvat_xml", "%d tracks of a video were left out. Export the task as \"CVAT for images\".", tracks)
	}
}

// cvatClasses gives the labels of a task or project in their order.
func cvatClasses(meta *xmlNode) (names []string) {
	for _, n := range meta.children {
		if n.name == "label" {
			if name := strings.TrimSpace(n.child("name").text.String()); name != "" {
				names = append(names, name)
			}
			continue
		}
		names = append(names, cvatClasses(n)...)
	}
	return names
}

func cvatImage(p *parsed, n *xmlNode) {
	name := n.attrs["name"]
	if name == "" {
		p.refuse("cvat_xml", "The image %q has no name.", n.attrs["id"])
		return
	}
	it := item{Kind: kindCVAT, Image: name, Split: splitName(n.attrs["subset"]), Size: [2]int{int(number(n.attrs["width"])), int(number(n.attrs["height"]))}}
	own := extra{
		SHA256: n.attrs["sha256"], State: n.attrs["state"], Flag: n.attrs["flag"], Source: n.attrs["source"],
		Confidence: number(n.attrs["confidence"]), Model: n.attrs["model"],
	}
	truth, proposed := own.items(it)
	for _, c := range n.children {
		to := &truth
		switch c.attrs["source"] {
		case cvatAuto:
			to = &proposed
		case cvatAccepted:
			if truth.By.Source == "" {
				truth.By.Source = domain.SourceModel
			}
		case cvatManual:
			if truth.By.Source == "" {
				truth.By.Source = domain.SourceHuman
			}
		}
		cvatShape(p, to, c)
	}
	p.addBoth(truth, proposed)
}

// cvatShape adds a tag, or a box, or the box around another shape, to its image.
func cvatShape(p *parsed, it *item, n *xmlNode) {
	label, score := strings.TrimSpace(n.attrs["label"]), asScore(number(n.attrs["confidence"]))
	numbers := func(names ...string) (v []float64, ok bool) {
		for _, name := range names {
			ok = isNumber(n.attrs[name])
			v = append(v, number(n.attrs[name]))
			if !ok {
				return nil, false
			}
		}
		return v, true
	}
	var box [4]float64
	ok := true
	switch n.name {
	case "tag":
		if label != "" {
			it.class(label, score)
			return
		}
		ok = false
	case "box":
		var v []float64
		if v, ok = numbers("xtl", "ytl", "xbr", "ybr"); ok {
			box = [4]float64{v[0], v[1], v[2] - v[0], v[3] - v[1]}
		}
	case "ellipse":
		var v []float64
		if v, ok = numbers("cx", "cy", "rx", "ry"); ok {
			box = [4]float64{v[0] - v[2], v[1] - v[3], 2 * v[2], 2 * v[3]}
			it.info().Polygons++
		}
	case "polygon":
		if box, ok = around(cvatPoints(n.attrs["points"])); ok {
			it.info().Polygons++
		}
	default:
		it.info().Other++
		return
	}
	if turn := number(n.attrs["rotation"]); turn != 0 && ok {
		box = turned(box[0], box[1], box[2], box[3], box[2]/2, box[3]/2, turn)
		it.info().Polygons++
	}
	if !ok || label == "" || box[2] <= 0 || box[3] <= 0 {
		p.refuse("cvat_shape", "%s: a %s (%s) has no label or no place.", it.Image, n.name, label)
		return
	}
	it.Boxes = append(it.Boxes, rawBox{Class: label, At: box, Score: score})
}

// cvatPoints reads "x,y;x,y"; nil where that is something else.
func cvatPoints(text string) (out []float64) {
	for point := range strings.SplitSeq(text, ";") {
		x, y, _ := strings.Cut(point, ",")
		if !isNumber(x) || !isNumber(y) {
			return nil
		}
		out = append(out, number(x), number(y))
	}
	return slices.Clip(out)
}

// cvatSource is what CVAT calls the source of a label.
func cvatSource(l domain.Label) string {
	switch {
	case l.State == domain.StateAuto:
		return cvatAuto
	case l.Source == domain.SourceModel:
		return cvatAccepted
	case l.Source == domain.SourceHuman:
		return cvatManual
	}
	return cvatFile
}

// xmlAttr writes one attribute, nothing for an empty one.
func xmlAttr(out *strings.Builder, name, value string) {
	if value != "" {
		out.WriteString(" " + name + `="` + xmlText(value) + `"`)
	}
}

func xmlScore(out *strings.Builder, name string, score float64) {
	if score != 0 {
		xmlAttr(out, name, strconv.FormatFloat(score, 'g', -1, 64))
	}
}
