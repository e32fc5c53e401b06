package transfer

import (
	"path"
	"strings"
)

// generic are folder names that say nothing about what is seen.
var generic = map[string]bool{
	"image": true, "images": true, "img": true, "imgs": true, "photo": true, "photos": true, "picture": true, "pictures": true,
	"pics": true, "data": true, "dataset": true, "datasets": true, "jpegimages": true, "files": true, "all": true, "raw": true,
	"dcim": true, "downloads": true, "frames": true, "labels": true, "annotations": true, "upload": true, "uploads": true,
	"unlabelled": true, "unlabeled": true, "new folder": true, "camera": true, "src": true, "input": true, "samples": true,
}

// apart are the folders of our own exports that hold what has no label.
var apart = map[string]bool{"_unlabelled": true, "_unlabeled": true, "_auto": true}

// folders is what the folders of a set of images can say.
type folders struct {
	children map[string]map[string]bool // folder -> the folders in it that hold images at any depth
	shared   []string                   // the leading folders of all images
	any      bool
}

func newFolders(names []string) *folders {
	f := &folders{}
	for _, name := range names {
		f.add(name)
	}
	return f
}

// add takes one more image.
func (f *folders) add(name string) {
	parts := dirParts(name)
	if !f.any {
		f.children, f.shared, f.any = map[string]map[string]bool{}, parts, true
	}
	n := 0
	for n < len(f.shared) && n < len(parts) && f.shared[n] == parts[n] {
		n++
	}
	f.shared = f.shared[:n]
	at, folder := 0, path.Dir(name)
	for _, part := range parts {
		parent := folder[:at]
		if f.children[parent] == nil {
			f.children[strings.Clone(parent)] = map[string]bool{}
		}
		if !f.children[parent][part] {
			f.children[parent][strings.Clone(part)] = true
		}
		at = min(at+len(part)+1, len(folder))
	}
}

func dirParts(name string) []string {
	dir := path.Dir(name)
	if dir == "." {
		return nil
	}
	return strings.Split(dir, "/")
}

// isSplit tells whether folder child of parent is a split rather than a class of that name (a set with the classes car, bus
// and train): all its siblings are splits too, or say nothing.
func (f *folders) isSplit(parent, child string) bool {
	if splitName(child) == "" {
		return false
	}
	for sibling := range f.children[parent] {
		if splitName(sibling) == "" && !generic[strings.ToLower(sibling)] && !apart[sibling] {
			return false
		}
	}
	return true
}

// split gives train, val, test or "" for an image of the set.
func (f *folders) split(name string) string {
	parent := ""
	for _, part := range dirParts(name) {
		if f.isSplit(parent, part) {
			return splitName(part)
		}
		parent += part + "/"
	}
	return ""
}

// class gives the class that the innermost folder names, "" for none. Where guess is set, folders that say nothing are
// passed over, as is the one that holds the whole set.
func (f *folders) class(name string, guess bool) string {
	parts := dirParts(name)
	for _, part := range parts {
		if apart[part] {
			return ""
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		parent := ""
		if i > 0 {
			parent = strings.Join(parts[:i], "/") + "/"
		}
		switch {
		case f.isSplit(parent, parts[i]):
		case guess && generic[strings.ToLower(parts[i])]:
		case guess && i < len(f.shared):
			return ""
		default:
			return parts[i]
		}
	}
	return ""
}

// guess asks folders whether they are classes at all: at least two of them, most images in one, and several images each, unless
// the project has these classes already.
type guess struct {
	f       *folders
	exists  func(class string) bool // in the project
	images  int
	inClass int // images
	classes map[string]bool
	unknown bool // the project has not all of them
}

// class gives the class that the folders of an image name, "" for none.
func (g *guess) class(name string) string {
	if class := g.f.class(name, true); class != "" {
		return class
	}
	if last := g.f.class(name, false); last != "" && g.exists(last) { // one folder with the name of a class of this project
		return last
	}
	return ""
}

// add takes one more image; all must be in f before.
func (g *guess) add(name string) {
	g.images++
	class := g.class(name)
	if class == "" {
		return
	}
	g.inClass++
	if !g.classes[class] {
		if g.classes == nil {
			g.classes = map[string]bool{}
		}
		g.classes[class] = true
		g.unknown = g.unknown || !g.exists(class)
	}
}

// holds tells whether they are.
func (g *guess) holds() bool {
	if len(g.classes) == 0 || !g.unknown {
		return len(g.classes) > 0
	}
	return len(g.classes) >= 2 && 2*g.inClass >= g.images && g.inClass >= 2*len(g.classes)
}
