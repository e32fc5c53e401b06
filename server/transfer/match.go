package transfer

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"net/url"
	"path"
	"slices"
	"strings"
)

// index finds images by what label files call them. It takes 16 bytes for each form of a name, six or seven an image, and those of
// the ids: forms are compared by hashes of 64 bits under a key of the process, so that nobody can make two names meet.
type index struct {
	ids    []string // of the images, as often as they were added
	slots  []slot
	sorted bool // slots are in order of hash, one for each hash
}

// slot is one form of the name of ids[at]; several, where not 0, is how many images have it.
type slot struct {
	hash        uint64
	at, several int32
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

func newIndex() *index { return &index{} }

// hashSeed is the key of all hashes of names in this process.
var hashSeed = maphash.MakeSeed()

func nameHash(how, k string) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	_, _ = h.WriteString(how)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(k)
	return h.Sum64()
}

func (x *index) put(how, k string) {
	x.slots = append(x.slots, slot{hash: nameHash(how, k), at: int32(len(x.ids) - 1)})
}

func (x *index) add(name, sha, id string) {
	name = key(name)
	x.ids, x.sorted = append(x.ids, id), false
	if sha != "" {
		x.put(bySHA, sha)
	}
	x.put(byPath, name)
	x.put(byPathStem, strings.ToLower(stem(name)))
	base := path.Base(name)
	x.put(byBase, strings.ToLower(base))
	x.put(byStem, strings.ToLower(stem(base)))
	for rest := name; ; {
		_, after, found := strings.Cut(rest, "/")
		if !found || !strings.Contains(after, "/") {
			break
		}
		x.put(byTail, after)
		rest = after
	}
}

// sort puts the slots in order, and makes one of those with the same hash.
func (x *index) sort() {
	slices.SortFunc(x.slots, func(a, b slot) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return strings.Compare(x.ids[a.at], x.ids[b.at])
	})
	n := 0
	for i, s := range x.slots {
		if i == 0 || s.hash != x.slots[n-1].hash {
			x.slots[n] = s
			n++
			continue
		}
		if last := &x.slots[n-1]; x.ids[last.at] != x.ids[s.at] {
			last.at, last.several = s.at, max(last.several, 1)+max(s.several, 1)
		}
	}
	x.slots, x.sorted = slices.Clip(x.slots[:n]), true
}

// find gives the image of one label. several is how many fit equally well, when more than one does.
func (x *index) find(it item) (id string, several int) {
	if !x.sorted {
		x.sort()
	}
	for _, q := range queries(it) {
		hash := nameHash(q[0], q[1])
		i, found := slices.BinarySearchFunc(x.slots, hash, func(s slot, h uint64) int { return cmp.Compare(s.hash, h) })
		switch {
		case !found:
		case x.slots[i].several > 0:
			return "", int(x.slots[i].several)
		default:
			return x.ids[x.slots[i].at], 0
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
