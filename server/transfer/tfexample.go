package transfer

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Names of features, as TensorFlow's object detection and its classification examples use them.
const (
	tfEncoded  = "image/encoded"
	tfFormat   = "image/format"
	tfFile     = "image/filename"
	tfSource   = "image/source_id"
	tfKey      = "image/key/sha256"
	tfWidth    = "image/width"
	tfHeight   = "image/height"
	tfBoxes    = "image/object/bbox/" // xmin, ymin, xmax, ymax: shares of the size
	tfText     = "image/object/class/text"
	tfLabel    = "image/object/class/label"
	tfClass    = "image/class/text"
	tfClassNum = "image/class/label"
	tfGuess    = "image/detection/" // what a model proposed: bbox/..., class/text, class/label, score
	tfOwn      = "irum/"            // state, flag, source, confidence, model, split, scores
)

// read gives the items of a record and the image in it, which may be missing. Class numbers stay numbers where no text
// stands beside them: a label map names them.
func (e tfExample) read(file string, n int) (truth, proposed item, img imageFile) {
	name := e[tfFile].text(0)
	if name == "" {
		name = e[tfSource].text(0)
	}
	if name == "" {
		name = fmt.Sprintf("%s/%06d.%s", stem(path.Base(file)), n, e.ending())
	}
	if e[tfEncoded].bytes != nil {
		img.data = e[tfEncoded].bytes[0]
	}
	split := recordSplit(file)
	it := item{Kind: kindTFRecord, Line: n, Image: name, Split: split, Size: [2]int{cocoSize(e[tfWidth].number(0)), cocoSize(e[tfHeight].number(0))}}
	own := extra{
		SHA256: e[tfKey].text(0), State: e[tfOwn+"state"].text(0), Flag: e[tfOwn+"flag"].text(0), Source: e[tfOwn+"source"].text(0),
		Confidence: round32(e[tfOwn+"confidence"].number(0)), Model: e[tfOwn+"model"].text(0), Split: e[tfOwn+"split"].text(0),
	}
	if len(own.SHA256) != 64 {
		own.SHA256 = ""
	}
	truth, proposed = own.items(it)
	img.name, img.split = name, truth.Split
	e.objects(&truth, tfBoxes, tfText, tfLabel, tfOwn+"scores")
	e.objects(&proposed, tfGuess+"bbox/", tfGuess+"class/text", tfGuess+"class/label", tfGuess+"score")
	e.classes(&truth, tfClass, tfClassNum, tfOwn+"scores")
	e.classes(&proposed, tfOwn+"proposed/text", tfOwn+"proposed/label", tfOwn+"scores")
	return truth, proposed, img
}

// recordSplit takes the split out of names like set-train.tfrecord-00000-of-00010.
func recordSplit(file string) string {
	name := strings.ToLower(path.Base(file))
	for part := range strings.FieldsFuncSeq(name, func(c rune) bool { return strings.ContainsRune("-_. ", c) }) {
		if s := splitName(part); s != "" {
			return s
		}
	}
	return pathSplit(file)
}

func (e tfExample) ending() string {
	if f := strings.ToLower(e[tfFormat].text(0)); imageTypes[f] != "" {
		return f
	}
	return "jpg"
}

// name gives the class of object i: its text, else its number.
func (e tfExample) name(i int, text, label string) string {
	if s := strings.TrimSpace(e[text].text(i)); s != "" {
		return s
	}
	if i < len(e[label].ints) {
		return classNumber(e[label].ints[i])
	}
	return ""
}

func (e tfExample) objects(it *item, boxes, text, label, score string) {
	x0, y0, x1, y1 := e[boxes+"xmin"], e[boxes+"ymin"], e[boxes+"xmax"], e[boxes+"ymax"]
	for i := range min(len(x0.floats), len(y0.floats), len(x1.floats), len(y1.floats)) {
		it.Boxes = append(it.Boxes, rawBox{
			Class: e.name(i, text, label), Edges: true, Of: 1, Score: asScore(round32(e[score].number(i))),
			At: [4]float64{x0.number(i), y0.number(i), x1.number(i), y1.number(i)},
		})
	}
}

func (e tfExample) classes(it *item, text, label, score string) {
	for i := range max(len(e[text].bytes), len(e[label].ints)) {
		if name := e.name(i, text, label); name != "" {
			it.class(name, asScore(round32(e[score].number(i))))
		}
	}
}

// round32 takes off what came by a float32: it holds seven digits.
func round32(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 7, 64), 64)
	if err != nil {
		return 0
	}
	return out
}

// parseLabelMap reads label_map.pbtxt: the names of class numbers, which count from 1.
func parseLabelMap(p *parsed, text string) {
	it := item{Kind: kindLabelMap}
	for _, entry := range pbEntries(text) {
		name := strings.TrimSpace(entry["display_name"])
		if name == "" {
			name = strings.TrimSpace(entry["name"])
		}
		n, err := strconv.Atoi(entry["id"])
		if err != nil || n < 0 || n > 100_000 || name == "" {
			continue
		}
		for len(it.Classes) <= n {
			it.Classes = append(it.Classes, "")
		}
		it.Classes[n] = name
	}
	if len(it.Classes) == 0 {
		p.refuse("not_labels", "The label map names no classes.")
		return
	}
	p.add(it)
}

// pbEntries reads the text form of a protocol buffer as far as label maps use it: messages in braces, of names with values.
func pbEntries(text string) (out []map[string]string) {
	key, entry := "", map[string]string{}
	for text != "" {
		text = strings.TrimLeft(text, " \t\r\n,;:")
		if text == "" {
			break
		}
		switch c := text[0]; c {
		case '#':
			_, text, _ = strings.Cut(text, "\n")
		case '{', '}', '<', '>':
			if len(entry) > 0 {
				out = append(out, entry)
			}
			key, entry, text = "", map[string]string{}, text[1:]
		default:
			end := strings.IndexAny(text, " \t\r\n,;:{}<>#")
			if c == '"' || c == '\'' {
				end = quoteEnd(text)
			}
			if end <= 0 {
				end = len(text)
			}
			word := text[:end]
			text = text[end:]
			if key == "" {
				key = word
				continue
			}
			entry[key], key = pbText(word), ""
		}
	}
	if len(entry) > 0 {
		out = append(out, entry)
	}
	return out
}

// quoteEnd is where a quoted text ends, behind its closing quote.
func quoteEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

func pbText(word string) string {
	if len(word) < 2 || word[0] != '"' && word[0] != '\'' || word[len(word)-1] != word[0] {
		return word
	}
	inside := word[1 : len(word)-1]
	if word[0] == '\'' {
		inside = strings.ReplaceAll(strings.ReplaceAll(inside, `\'`, `'`), `"`, `\"`)
	}
	if plain, err := strconv.Unquote(`"` + inside + `"`); err == nil {
		return plain
	}
	return inside
}

// classNumber makes a class number a name that no file can give, for the label map to replace.
func classNumber(n int64) string { return "\x00" + strconv.FormatInt(n, 10) }
