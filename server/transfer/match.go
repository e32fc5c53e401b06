package transfer

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// index finds images by what label files call them.
type index struct {
	ids map[string]string              // every name -> asset id, to list what is there
	by  map[string]map[string][]string // how -> key -> asset ids, without repetition
}

// How names are compared, from strict to loose.
const (
	bySHA      = "sha"
	byPath     = "path"
	byPathStem = "path stem"
	byTail     = "tail" // the path without its leading folders, as far as there are two parts left
	byBase     = "base"
	byStem     = "stem"
)

func newIndex() *index {
	x := &index{ids: map[string]string{}, by: map[string]map[string][]string{}}
	for _, how := range []string{bySHA, byPath, byPathStem, byTail, byBase, byStem} {
		x.by[how] = map[string][]string{}
	}
	return x
}

func (x *index) put(how, k, id string) {
	ids := x.by[how][k]
	for _, other := range ids {
		if other == id {
			return
		}
	}
	x.by[how][k] = append(ids, id)
}

func (x *index) add(name, sha, id string) {
	name = key(name)
	x.ids[name] = id
	if sha != "" {
		x.put(bySHA, sha, id)
	}
	x.put(byPath, name, id)
	x.put(byPathStem, strings.ToLower(stem(name)), id)
	base := path.Base(name)
	x.put(byBase, strings.ToLower(base), id)
	x.put(byStem, strings.ToLower(stem(base)), id)
	for rest := name; ; {
		_, after, found := strings.Cut(rest, "/")
		if !found || !strings.Contains(after, "/") {
			break
		}
		x.put(byTail, after, id)
		rest = after
	}
}

// find gives the image of one label. several is how many fit equally well, when more than one does.
func (x *index) find(it item) (id string, several int) {
	for _, q := range queries(it) {
		switch ids := x.by[q[0]][q[1]]; len(ids) {
		case 0:
		case 1:
			return ids[0], 0
		default:
			return "", len(ids)
		}
	}
	return "", 0
}

// swapped are the folders that formats keep labels in, and where the images then are.
var swapped = map[string][]string{"labels": {"images"}, "annotations": {"JPEGImages", "images"}, "label": {"image"}, "xml": {"images"}, "xmls": {"images"}}

// queries is how an item's image is looked for, the most telling first.
func queries(it item) (out [][2]string) {
	ask := func(how, k string) {
		if k != "" {
			out = append(out, [2]string{how, k})
		}
	}
	ask(bySHA, it.SHA)
	if it.Kind == kindYOLO || it.Kind == kindVOC { // one file an image, named like it and kept beside it
		s := strings.ToLower(stem(key(it.File)))
		ask(byPathStem, s)
		parts := strings.Split(s, "/")
		for i, part := range parts {
			for _, other := range swapped[part] {
				swap := append(append(append([]string{}, parts[:i]...), strings.ToLower(other)), parts[i+1:]...)
				ask(byPathStem, strings.Join(swap, "/"))
			}
		}
		ask(byStem, path.Base(s))
		if it.Kind == kindVOC { // second, because images are renamed more often than what their XML says
			ask(byStem, strings.ToLower(stem(path.Base(imageName(it.Image)))))
		}
		return out
	}
	name := imageName(it.Image)
	ask(byPath, name)
	ask(byTail, name)
	for rest := name; ; { // the label's path may have folders more than the import's
		_, after, found := strings.Cut(rest, "/")
		if !found {
			break
		}
		ask(byPath, after)
		rest = after
	}
	base := strings.ToLower(path.Base(name))
	ask(byBase, base)
	if !looksLikeImageName(base) {
		ask(byPathStem, strings.ToLower(name))
		ask(byStem, base)
		return out
	}
	ask(byStem, stem(base)) // a table of .jpeg names for .jpg files
	if it.Kind == kindLabelStudio {
		ask(byBase, uploadedName(base))
	}
	return out
}

// imageName makes a name comparable: URLs and Windows' paths occur in label files.
func imageName(s string) string {
	s = strings.ReplaceAll(key(s), `\`, "/")
	if u, err := url.Parse(s); err == nil && strings.Contains(s, "://") {
		s = u.Path
	}
	if strings.Contains(s, "%") {
		if plain, err := url.PathUnescape(s); err == nil {
			s = key(plain)
		}
	}
	return strings.TrimLeft(path.Clean("/"+s), "/")
}

func noImage(it item, several int) (code, reason string) {
	where := ""
	if it.Line > 0 {
		where = fmt.Sprintf("Line %d: ", it.Line)
	}
	name := it.Image
	if it.Kind == kindYOLO {
		name = stem(path.Base(it.File))
	}
	if several > 0 {
		return "ambiguous", fmt.Sprintf("%s%d images are called %q. Write the path with its folders.", where, several, name)
	}
	return "no_image", fmt.Sprintf("%sno image of the name %q is in the project.", where, name)
}
