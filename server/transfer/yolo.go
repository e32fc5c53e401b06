package transfer

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// looksLikeYOLO tells whether every line of text is a class index and numbers. An empty file is: "nothing here".
func looksLikeYOLO(text string) bool {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 5 || !slices.ContainsFunc(fields, isNumber) || !isNumber(fields[0]) {
			return false
		}
	}
	return true
}

// parseYOLO reads "class cx cy w h" with shares of the image's size. A sixth number is a confidence: such lines are a
// model's and never truth. Longer lines are polygons, of which the box around is taken.
func parseYOLO(p *parsed, text string) {
	it := item{Kind: kindYOLO, Image: p.file, Empty: strings.TrimSpace(text) == ""}
	proposed := item{Kind: kindYOLO, Image: p.file, State: stateAuto, By: given{Source: domain.SourceModel}}
	info := infoNote{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		class, err := strconv.Atoi(strings.TrimSuffix(fields[0], ".0"))
		if err != nil || class < 0 || class > 100_000 {
			p.refuse("yolo_line", "Line %d: %q is no class index.", n, fields[0])
			continue
		}
		values, problem := shares(fields[1:])
		if problem != "" {
			p.refuse("yolo_line", "Line %d: %s", n, problem)
			continue
		}
		box := rawBox{Class: strconv.Itoa(class), Of: 1}
		switch {
		case len(values) == 5:
			box.At, box.Score = [4]float64(values), asScore(values[4])
		case len(values) == 4:
			box.At = [4]float64(values)
		default:
			rect, ok := around(values)
			if !ok {
				p.refuse("yolo_line", "Line %d: %d numbers after the class are neither a box (4) nor a polygon.", n, len(values))
				continue
			}
			info.Polygons++
			box.At = [4]float64{rect[0] + rect[2]/2, rect[1] + rect[3]/2, rect[2], rect[3]}
		}
		if box.At[2] <= 0 || box.At[3] <= 0 {
			p.refuse("yolo_line", "Line %d: the box has no area.", n)
			continue
		}
		if len(values) == 5 {
			proposed.Boxes = append(proposed.Boxes, box)
			continue
		}
		it.Boxes = append(it.Boxes, box)
	}
	if info != (infoNote{}) {
		it.Info = &info
	}
	if it.Empty || len(it.Boxes) > 0 || it.Info != nil {
		p.add(it)
	}
	if len(proposed.Boxes) > 0 {
		p.add(proposed)
	}
}

func shares(fields []string) (values []float64, problem string) {
	for _, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || v != v {
			return nil, fmt.Sprintf("%q is no number.", f)
		}
		if v < -0.5 || v > 1.5 {
			return nil, fmt.Sprintf("%s is no share of the image's size. YOLO's numbers lie between 0 and 1.", f)
		}
		values = append(values, v)
	}
	return values, ""
}

// parseNames reads data.yaml, or one class name a line.
func parseNames(p *parsed, text string) {
	if len(text) > 4<<20 {
		p.refuse("yolo_names", "A list of class names has at most 4 MiB.")
		return
	}
	var names []string
	if e := ext(p.file); e == "yaml" || e == "yml" {
		var problem string
		if names, problem = yamlNames(text); problem != "" {
			p.refuse("yolo_names", "%s", problem)
			return
		}
	} else {
		for line := range strings.Lines(text) {
			names = append(names, strings.TrimSpace(line))
		}
		for len(names) > 0 && names[len(names)-1] == "" {
			names = names[:len(names)-1]
		}
	}
	if len(names) == 0 {
		p.refuse("yolo_names", "The file names no classes.")
		return
	}
	p.add(item{Kind: kindNames, Classes: names})
}

// yamlNames reads the part of data.yaml that we need: names as a list, or as a map from index to name.
func yamlNames(text string) (names []string, problem string) {
	root, err := parseYAML(text)
	if err != nil {
		return nil, fmt.Sprintf("The YAML cannot be read: %v.", err)
	}
	var list *yamlNode
	for i := 0; root.kind == yamlMap && i < len(root.items); i += 2 {
		if root.items[i].kind != yamlScalar || root.items[i].text != "names" {
			continue
		}
		if list != nil {
			return nil, fmt.Sprintf(`Line %d: "names" stands here a second time.`, root.items[i].line)
		}
		list = root.items[i+1]
	}
	switch {
	case list != nil && list.kind == yamlList:
		for _, n := range list.items {
			if n.kind != yamlScalar {
				return nil, fmt.Sprintf(`Line %d: "names" holds something that is no name.`, n.line)
			}
			names = append(names, strings.TrimSpace(n.text))
		}
	case list != nil && list.kind == yamlMap:
		for i := 0; i < len(list.items); i += 2 {
			k, v := list.items[i], list.items[i+1]
			index, err := strconv.Atoi(k.text)
			if err != nil || index < 0 || index > 100_000 || v.kind != yamlScalar {
				return nil, fmt.Sprintf(`Line %d: %q is no class index with its name.`, k.line, k.text)
			}
			for len(names) <= index {
				names = append(names, "")
			}
			if names[index] != "" {
				return nil, fmt.Sprintf("Line %d: class index %d stands here a second time.", k.line, index)
			}
			names[index] = strings.TrimSpace(v.text)
		}
	default:
		return nil, `The YAML has no "names" as a list, or as a map from index to name.`
	}
	return names, ""
}

// parseSplit reads train.txt and the like: one image a line, by path or by stem.
func parseSplit(p *parsed, text string) {
	split := splitName(stem(path.Base(p.file)))
	n := 0
	for line := range strings.Lines(text) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if whole := strings.TrimSpace(line); looksLikeImageName(whole) {
			fields = []string{whole}
		}
		if len(fields) > 2 || len(fields) == 2 && !isNumber(fields[1]) { // VOC writes "name 1" and "name -1" per class
			p.refuse("split_line", "Line %d: one image a line is expected.", n)
			continue
		}
		p.add(item{Kind: kindSplit, Line: n, Image: fields[0], Split: split})
	}
}
