package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// yolo writes images and labels in twin folders. A class's index is its place in the project's list, which is append-only. An
// image that was looked at and holds nothing has an empty file; one that nobody labelled has none.
func (o *output) yolo(ctx context.Context, p *pack) error {
	names := namer{byStem: true}
	place := map[string]int{}
	for i, c := range o.project.Classes {
		place[c.ID] = i
	}
	err := o.each(ctx, func(_ int, a domain.Asset) error {
		name := names.name(splitName(a.Split), path.Base(a.Name))
		if err := p.image(ctx, "images/"+name, a); err != nil {
			return err
		}
		if a.Label.State != domain.StateLabelled {
			return nil
		}
		var text strings.Builder
		w, h := float64(a.Width), float64(a.Height)
		for _, b := range a.Label.Boxes {
			fmt.Fprintf(&text, "%d %s %s %s %s\n", place[b.ClassID], plain((b.X+b.W/2)/w), plain((b.Y+b.H/2)/h), plain(b.W/w), plain(b.H/h))
		}
		return p.text("labels/"+strings.TrimSuffix(name, path.Ext(name))+".txt", text.String())
	})
	if err != nil {
		return err
	}
	return p.text("data.yaml", o.dataYAML())
}

func (o *output) dataYAML() string {
	dir := func(split, otherwise string) string {
		if o.splits[split] > 0 {
			return "images/" + split
		}
		return otherwise
	}
	var out strings.Builder
	out.WriteString("# Made by Irum. Images without a label file are not labelled; an empty one says that nothing is there.\n")
	if o.auto > 0 {
		fmt.Fprintf(&out, "# %d images have boxes that a model proposed and nobody accepted; those are left out.\n", o.auto)
	}
	train := dir("train", "images")
	fmt.Fprintf(&out, "train: %s\nval: %s\n", train, dir("val", train))
	if o.splits["test"] > 0 {
		out.WriteString("test: images/test\n")
	}
	fmt.Fprintf(&out, "nc: %d\nnames:\n", len(o.project.Classes))
	for i, c := range o.project.Classes {
		fmt.Fprintf(&out, "  %d: %s\n", i, quoted(c.Name))
	}
	return out.String()
}

// quoted is s as a double-quoted scalar of JSON, which is YAML too.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSpace(b.String())
}

// pascal writes Pascal VOC in the dialect of o.voc: whole pixels, as the standard says counted from 1 and the last one included, or
// from 0 up to an edge. Boxes are rounded by up to half a pixel. Images that nobody labelled have no XML.
func (o *output) pascal(ctx context.Context, p *pack) error {
	names := namer{byStem: true}
	sets := map[string]*strings.Builder{}
	err := o.each(ctx, func(_ int, a domain.Asset) error {
		name := names.name("", path.Base(a.Name))
		stem := strings.TrimSuffix(name, path.Ext(name))
		if err := p.image(ctx, "JPEGImages/"+name, a); err != nil {
			return err
		}
		if a.Split != "" {
			if sets[a.Split] == nil {
				sets[a.Split] = &strings.Builder{}
			}
			sets[a.Split].WriteString(stem + "\n")
		}
		if a.Label.State != domain.StateLabelled {
			return nil
		}
		return p.text("Annotations/"+stem+".xml", o.vocFile(a, name))
	})
	if err != nil {
		return err
	}
	for _, split := range []string{"train", "val", "test"} {
		if sets[split] != nil {
			if err := p.text("ImageSets/Main/"+split+".txt", sets[split].String()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *output) vocFile(a domain.Asset, name string) string {
	var out strings.Builder
	dialect, edges := "", vocEdges
	if o.voc == domain.VOCZero {
		dialect, edges = "\t\t<annotation>"+vocFromZero+"</annotation>\n", zeroEdges
	}
	fmt.Fprintf(&out, "<annotation>\n\t<folder>JPEGImages</folder>\n\t<filename>%s</filename>\n\t<source>\n\t\t<database>%s</database>\n%s\t</source>\n", xmlText(name), vocDatabase, dialect)
	fmt.Fprintf(&out, "\t<size>\n\t\t<width>%d</width>\n\t\t<height>%d</height>\n\t\t<depth>3</depth>\n\t</size>\n\t<segmented>0</segmented>\n", a.Width, a.Height)
	for _, b := range a.Label.Boxes {
		x0, x1 := edges(b.X, b.W, a.Width)
		y0, y1 := edges(b.Y, b.H, a.Height)
		fmt.Fprintf(&out, "\t<object>\n\t\t<name>%s</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n\t\t<difficult>0</difficult>\n", xmlText(o.className(b.ClassID)))
		fmt.Fprintf(&out, "\t\t<bndbox>\n\t\t\t<xmin>%d</xmin>\n\t\t\t<ymin>%d</ymin>\n\t\t\t<xmax>%d</xmax>\n\t\t\t<ymax>%d</ymax>\n\t\t</bndbox>\n\t</object>\n", x0, y0, x1, y1)
	}
	out.WriteString("</annotation>\n")
	return out.String()
}

// vocEdges gives the first and the last pixel of from..from+length, from 1, at least one pixel.
func vocEdges(from, length float64, size int) (first, last int) {
	first = min(max(int(math.Round(from))+1, 1), size)
	return first, min(max(int(math.Round(from+length)), first), size)
}

// zeroEdges gives the first pixel of from..from+length, from 0, and the one behind the last, at least one pixel.
func zeroEdges(from, length float64, size int) (first, end int) {
	first = min(max(int(math.Round(from)), 0), size-1)
	return first, min(max(int(math.Round(from+length)), first+1), size)
}
