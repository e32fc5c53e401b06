package transfer

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// cvat writes annotations.xml and the images, under their own paths, in images/. What CVAT has no words for stands in
// attributes that it passes over.
func (o *output) cvat(ctx context.Context, p *pack) error {
	err := p.stream("annotations.xml", func(w io.Writer) error {
		if _, err := io.WriteString(w, o.cvatHead()); err != nil {
			return err
		}
		var names namer
		err := o.each(ctx, func(i int, a domain.Asset) error {
			_, err := io.WriteString(w, o.cvatImage(i, a, names.path(a.Name)))
			return err
		})
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, "</annotations>\n")
		return err
	})
	if err != nil {
		return err
	}
	var names namer
	return o.each(ctx, func(_ int, a domain.Asset) error { return p.image(ctx, "images/"+names.path(a.Name), a) })
}

func (o *output) cvatHead() string {
	kind := "tag"
	if o.project.Task == domain.TaskBoxes {
		kind = "rectangle"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n  <version>1.1</version>\n  <meta>\n    <task>\n      <name>%s</name>\n      <size>%d</size>\n      <mode>annotation</mode>\n      <labels>\n", xmlText(o.project.Name), o.items)
	for _, c := range o.project.Classes {
		if !c.Archived || o.used[c.ID] {
			fmt.Fprintf(&out, "        <label>\n          <name>%s</name>\n          <color>%s</color>\n          <type>%s</type>\n          <attributes></attributes>\n        </label>\n", xmlText(c.Name), xmlText(c.Color), kind)
		}
	}
	out.WriteString("      </labels>\n    </task>\n  </meta>\n")
	return out.String()
}

func (o *output) cvatImage(i int, a domain.Asset, name string) string {
	var out strings.Builder
	l := a.Label
	fmt.Fprintf(&out, "  <image id=\"%d\"", i)
	xmlAttr(&out, "name", name)
	xmlAttr(&out, "subset", a.Split)
	fmt.Fprintf(&out, " width=\"%d\" height=\"%d\"", a.Width, a.Height)
	xmlAttr(&out, "sha256", a.SHA256)
	xmlAttr(&out, "state", string(l.State))
	xmlAttr(&out, "source", string(l.Source))
	xmlAttr(&out, "flag", string(l.Flag))
	xmlScore(&out, "confidence", l.Confidence)
	xmlAttr(&out, "model", l.ModelID)
	out.WriteString(">\n")
	for _, c := range l.Classes {
		fmt.Fprintf(&out, "    <tag label=\"%s\" source=\"%s\"", xmlText(o.className(c.ClassID)), cvatSource(l))
		xmlScore(&out, "confidence", c.Score)
		out.WriteString("></tag>\n")
	}
	for _, b := range l.Boxes {
		fmt.Fprintf(&out, "    <box label=\"%s\" source=\"%s\" occluded=\"0\" xtl=\"%s\" ytl=\"%s\" xbr=\"%s\" ybr=\"%s\" z_order=\"0\"",
			xmlText(o.className(b.ClassID)), cvatSource(l), plain(b.X), plain(b.Y), plain(settle(b.X+b.W)), plain(settle(b.Y+b.H)))
		xmlScore(&out, "confidence", b.Score)
		out.WriteString("></box>\n")
	}
	out.WriteString("  </image>\n")
	return out.String()
}
