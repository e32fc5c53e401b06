package transfer

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"strings"
	"unicode"

	"github.com/irum-app/irum/server/domain"
)

// pack is a ZIP that is being written, or in a check what would be in it.
type pack struct {
	o       *output
	zip     *zip.Writer
	back    *reimport // of a check; zip is nil then
	missing []string
}

// zip writes what fill puts in.
func (o *output) zip(ctx context.Context, w io.Writer, fill func(*output, context.Context, *pack) error) error {
	p := &pack{o: o, zip: zip.NewWriter(w)}
	if err := fill(o, ctx, p); err != nil {
		return err
	}
	if len(p.missing) > 0 {
		err := p.text("MISSING.txt", "These images are no longer kept, so their files are not in this archive:\n"+strings.Join(p.missing, "\n")+"\n")
		if err != nil {
			return err
		}
	}
	return p.zip.Close()
}

// create opens an entry. Its time is the export's, so that the bytes are the same every time.
func (p *pack) create(name string, method uint16) (io.Writer, error) {
	return p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: p.o.export.CreatedAt})
}

func (p *pack) text(name, text string) error {
	if p.back != nil {
		p.back.file(name, []byte(text))
		return nil
	}
	w, err := p.create(name, zip.Deflate)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// stream writes an entry that may be long.
func (p *pack) stream(name string, fill func(w io.Writer) error) error {
	if p.back != nil {
		var out bytes.Buffer
		err := fill(&out)
		if !isRecordName(name) { // their records have come by themselves
			p.back.file(name, out.Bytes())
		}
		return err
	}
	w, err := p.create(name, zip.Deflate)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	return errors.Join(fill(b), b.Flush())
}

// image copies the original bytes of an asset, which are packed already.
func (p *pack) image(ctx context.Context, name string, a domain.Asset) error {
	if p.back != nil {
		p.back.image(name, a)
		return nil
	}
	r, err := p.o.s.Blobs.Get(ctx, a.SHA256)
	var problem *domain.Problem
	if errors.As(err, &problem) && problem.Code == domain.CodeNotFound {
		p.missing = append(p.missing, name)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", a.Name, err)
	}
	defer func() { _ = r.Close() }()
	w, err := p.create(name, zip.Store)
	if err != nil {
		return err
	}
	if _, err = io.Copy(w, r); err != nil {
		return fmt.Errorf("write %s: %w", a.Name, err)
	}
	return nil
}

var reserved = map[string]bool{"con": true, "prn": true, "aux": true, "nul": true}

func init() {
	for _, n := range "123456789" {
		reserved["com"+string(n)], reserved["lpt"+string(n)] = true, true
	}
}

// filePart makes one part of a path of any text: nothing that leads elsewhere, that a file system refuses, or that Windows
// reserves.
func filePart(s string) string {
	s = compose(strings.ToValidUTF8(s, "_"))
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || strings.ContainsRune(`<>:"/\|?*`, c) || c == 0x202e {
			return '_'
		}
		return c
	}, s)
	e := path.Ext(s)
	if len(e) > 20 {
		e = ""
	}
	base := strings.TrimSuffix(s, e)
	for len(base)+len(e) > 180 { // bytes; file systems take 255
		r := []rune(base)
		base = string(r[:len(r)-1])
	}
	s = strings.TrimRight(base+e, ". ")
	s = strings.TrimLeft(s, " ")
	first, _, _ := strings.Cut(strings.ToLower(s), ".")
	if s == "" || strings.Trim(s, ".") == "" || reserved[strings.TrimSpace(first)] {
		s = "_" + s
	}
	return s
}

// namer gives names that differ also where case does not count, and where extensions do not, if byStem.
type namer struct {
	byStem bool
	used   map[string]bool
}

func (n *namer) name(dir, base string) string {
	if n.used == nil {
		n.used = map[string]bool{}
	}
	base = filePart(base)
	e := path.Ext(base)
	front := strings.TrimSuffix(base, e)
	for i := 1; ; i++ {
		try := front
		if i > 1 {
			try = fmt.Sprintf("%s (%d)", front, i)
		}
		k := strings.ToLower(dir + "/" + try)
		if !n.byStem {
			k += strings.ToLower(e)
		}
		if !n.used[k] {
			n.used[k] = true
			return path.Join(dir, try+e)
		}
	}
}

// path gives a name with the folders that the image had, save for an outer "images": what is read back from there has it.
func (n *namer) path(name string) string {
	var dirs []string
	name = strings.TrimPrefix(name, "images/")
	for _, part := range dirParts(strings.ReplaceAll(name, `\\`, "/")) {
		dirs = append(dirs, filePart(part))
	}
	return n.name(strings.Join(dirs, "/"), path.Base(name))
}

// clone gives a namer that goes on from where n is, apart from it.
func (n *namer) clone() namer { return namer{n.byStem, maps.Clone(n.used)} }

// folder writes one folder a class for single labels, and a labels.csv with what folders cannot tell: several classes, what
// was skipped, who gave the label. What a model proposed and nobody accepted is kept apart in _auto.
func (o *output) folder(ctx context.Context, p *pack) error {
	var names, folders namer
	dirs := map[string]string{}
	for _, c := range o.project.Classes {
		want := c.Name
		if apart[want] {
			want = "_" + want
		}
		dirs[c.ID] = strings.ReplaceAll(folders.name("", want), "/", "_")
	}
	dir := func(a domain.Asset) string {
		if o.project.Task != domain.TaskSingle {
			return "images"
		}
		dir := "_unlabelled"
		switch {
		case len(a.Label.Classes) == 0:
		case a.Label.State == domain.StateLabelled:
			dir = dirs[a.Label.Classes[0].ClassID]
		case a.Label.State == domain.StateAuto:
			dir = "_auto/" + dirs[a.Label.Classes[0].ClassID]
		}
		if o.hasSplits() {
			dir = filePart(a.Split) + "/" + dir
		}
		return dir
	}
	var table strings.Builder
	out := csv.NewWriter(&table)
	if err := o.csvHeader(out); err != nil {
		return err
	}
	err := o.each(ctx, func(_ int, a domain.Asset) error {
		name := names.name(dir(a), path.Base(a.Name))
		if err := o.csvRows(out, a, name); err != nil {
			return err
		}
		return p.image(ctx, name, a)
	})
	if err != nil {
		return err
	}
	return p.text("labels.csv", table.String())
}
