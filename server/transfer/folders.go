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
	root     int                        // how many leading folders all images share
}

func newFolders(names []string) *folders {
	f := &folders{children: map[string]map[string]bool{}}
	var shared []string
	for i, name := range names {
		parts := dirParts(name)
		if i == 0 {
			shared = parts
		}
		n := 0
		for n < len(shared) && n < len(parts) && shared[n] == parts[n] {
			n++
		}
		shared = shared[:n]
		parent := ""
		for _, part := range parts {
			if f.children[parent] == nil {
				f.children[parent] = map[string]bool{}
			}
			f.children[parent][part] = true
			parent += part + "/"
		}
	}
	f.root = len(shared)
	return f
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
		case guess && i < f.root:
			return ""
		default:
			return parts[i]
		}
	}
	return ""
}

// guessedClasses gives the class of each image (by name) where the folders look like classes, else nil: at least two of
// them, most images in one, and several images each, unless the project has these classes already.
func (f *folders) guessedClasses(names []string, exists func(class string) bool) map[string]string {
	out, classes, known := map[string]string{}, map[string]int{}, true
	for _, name := range names {
		class := f.class(name, true)
		if class == "" { // one folder with the name of a class of this project
			if last := f.class(name, false); last != "" && exists(last) {
				class = last
			}
		}
		if class != "" {
			out[name] = class
			classes[class]++
			known = known && exists(class)
		}
	}
	switch {
	case len(classes) == 0:
		return nil
	case known:
		return out
	case len(classes) < 2, 2*len(out) < len(names), len(out) < 2*len(classes):
		return nil
	}
	return out
}
