package transfer

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Columns by the names that tools give them, lower case, spaces and dashes as underscores.
var (
	csvImage = []string{"filename", "file_name", "file", "image", "image_path", "image_name", "imagename", "path", "filepath", "file_path", "img", "name", "image_id", "id"}
	csvLabel = []string{"label", "labels", "class", "classes", "class_name", "classname", "category", "categories", "tag", "tags", "target"}
	csvOther = []string{"split", "subset", "width", "height", "state", "source", "confidence", "score", "sha256", "depth", "model", "flag"}
	csvEdges = [][4]string{{"xmin", "ymin", "xmax", "ymax"}, {"x1", "y1", "x2", "y2"}, {"x_min", "y_min", "x_max", "y_max"}}
	csvRects = [][4]string{{"box_x", "box_y", "box_w", "box_h"}, {"bbox_x", "bbox_y", "bbox_width", "bbox_height"}}
)

// csvTable says where the columns are; -1 for none.
type csvTable struct {
	image, label, split, state, sha        int
	source, confidence, score, model, flag int
	box                                    [4]int // box[0] -1: none
	edges                                  bool   // box is xmin, ymin, xmax, ymax
	oneHot                                 map[int]string
	list                                   bool // labels are written as [a,b]
	width                                  int  // columns
}

// parseCSV reads RFC 4180 with a header, or without one where the first row names an image.
func parseCSV(p *parsed, text string) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = delimiter(text, ext(p.file))
	r.FieldsPerRecord = -1
	var rows [][]string
	var lines []int
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var bad *csv.ParseError
			if !errors.As(err, &bad) {
				p.refuse("csv_row", "The table cannot be read: %v.", err)
				return
			}
			p.refuse("csv_row", "Line %d: %v. Write a field with quotes or commas as RFC 4180 says: in quotes, quotes doubled.", bad.Line, bad.Err)
			continue
		}
		line, _ := r.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
	if len(rows) == 0 {
		if len(p.refused) == 0 {
			p.refuse("empty", "The table is empty.")
		}
		return
	}
	table, header, problem := csvColumns(rows)
	if problem != "" {
		p.refuse("csv_header", "%s", problem)
		return
	}
	table.tell(p, r.Comma, header)
	for i, row := range rows {
		if i == 0 && header || len(row) == 1 && strings.TrimSpace(row[0]) == "" {
			continue
		}
		table.read(p, row, lines[i])
	}
}

// tell says which dialect was read, where it is not the plain one.
func (t *csvTable) tell(p *parsed, comma rune, header bool) {
	var says []string
	if name := map[rune]string{';': "semicolons", '\t': "tabs"}[comma]; name != "" {
		says = append(says, name+" between fields")
	}
	if !header {
		says = append(says, "no line of headings")
	}
	if len(t.oneHot) > 0 {
		says = append(says, strconv.Itoa(len(t.oneHot))+" columns of 0 and 1, one a class")
	}
	if t.box[0] >= 0 && t.edges {
		says = append(says, "boxes by their edges")
	}
	if len(says) > 0 {
		p.note("csv_dialect", "The table was read with %s.", strings.Join(says, ", "))
	}
}

// delimiter is what the first line uses most: comma, semicolon or tab.
func delimiter(text, ext string) rune {
	if ext == "tsv" {
		return '\t'
	}
	first, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(first, ",")
	for _, c := range ";\t" {
		if n := strings.Count(first, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

func csvColumns(rows [][]string) (t csvTable, header bool, problem string) {
	first := rows[0]
	if looksLikeImageName(first[0]) && len(first) == 2 {
		list := strings.HasPrefix(strings.TrimSpace(first[1]), "[") && strings.HasSuffix(strings.TrimSpace(first[1]), "]")
		return csvTable{label: 1, split: -1, state: -1, sha: -1, source: -1, confidence: -1, score: -1, model: -1, flag: -1, box: [4]int{-1}, list: list, width: 2}, false, ""
	}
	if len(first) == 8 && looksLikeImageName(first[5]) && isNumber(first[1]) {
		// make-sense's boxes: label, x, y, width, height, image, its width, its height
		return csvTable{image: 5, split: -1, state: -1, sha: -1, source: -1, confidence: -1, score: -1, model: -1, flag: -1, box: [4]int{1, 2, 3, 4}, width: 8}, false, ""
	}
	names := make([]string, len(first))
	for i, n := range first {
		names[i] = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(n)))
	}
	find := func(all ...string) int {
		for _, n := range all {
			if at := slices.Index(names, n); at >= 0 {
				return at
			}
		}
		return -1
	}
	t = csvTable{
		image: find(csvImage...), label: find(csvLabel...), split: find("split", "subset"), state: find("state"),
		sha: find("sha256"), source: find("source"), confidence: find("confidence"), score: find("score"), model: find("model"),
		flag: find("flag"),
		box:  [4]int{-1}, width: len(first),
	}
	if t.image < 0 {
		return t, true, `The first line names no column of images. Name one "filename" and one "label".`
	}
	t.boxColumns(find)
	if t.label < 0 {
		t.oneHot = oneHot(rows, names, t.image)
	}
	if t.label < 0 && len(t.oneHot) == 0 && t.split < 0 {
		return t, true, `The first line names no column of labels. Name one "label", or give each class a column of 0 and 1.`
	}
	return t, true, ""
}

func (t *csvTable) boxColumns(find func(...string) int) {
	for _, sets := range [][][4]string{csvEdges, csvRects} {
		for _, set := range sets {
			var at [4]int
			for i, n := range set {
				at[i] = find(n)
			}
			if slices.Min(at[:]) >= 0 {
				t.box, t.edges = at, set[2] != "box_w" && set[2] != "bbox_width"
				return
			}
		}
	}
}

// oneHot finds the columns that hold nothing but 0 and 1.
func oneHot(rows [][]string, names []string, image int) map[int]string {
	out := map[int]string{}
	for col, name := range names {
		if col == image || name == "" || slices.Contains(csvOther, name) || slices.Contains(csvImage, name) {
			continue
		}
		fits := len(rows) > 1
		for _, row := range rows[1:] {
			if _, ok := truth(cell(row, col)); !ok {
				fits = false
				break
			}
		}
		if fits {
			out[col] = strings.TrimSpace(rows[0][col])
		}
	}
	return out
}

func truth(s string) (yes, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "1.0", "true", "yes", "x":
		return true, true
	case "0", "0.0", "false", "no", "":
		return false, true
	}
	return false, false
}

func cell(row []string, col int) string {
	if col < 0 || col >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[col])
}

func isNumber(s string) bool {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// read turns one row into an item.
func (t *csvTable) read(p *parsed, row []string, line int) {
	it := item{Kind: kindCSV, Line: line, Image: cell(row, t.image), SHA: strings.ToLower(cell(row, t.sha)), Split: splitName(cell(row, t.split))}
	if it.Image == "" {
		p.refuse("csv_row", "Line %d: no image is named.", line)
		return
	}
	if len(row) > t.width && t.label == t.width-1 {
		p.refuse("csv_row", "Line %d: %d fields where the first line has %d. Put a label with a comma in quotes.", line, len(row), t.width)
		return
	}
	label := cell(row, t.label)
	it.Flag = strings.ToLower(cell(row, t.flag))
	score := asScore(number(cell(row, t.score)))
	it.By = givenBy(cell(row, t.source), number(cell(row, t.confidence)), cell(row, t.model))
	switch state := strings.ToLower(cell(row, t.state)); state {
	case "auto":
		it.By = givenBy("model", number(cell(row, t.confidence)), cell(row, t.model))
		it.State, it.Empty = stateAuto, label == ""
	case "skipped":
		it.State = "skipped"
		p.add(it)
		return
	case "unlabelled":
		label = ""
	case "labelled":
		it.Empty = label == ""
	}
	switch {
	case len(t.oneHot) > 0:
		for col := range t.width {
			if yes, _ := truth(cell(row, col)); yes && t.oneHot[col] != "" {
				it.Classes = append(it.Classes, t.oneHot[col])
			}
		}
		it.Empty = len(it.Classes) == 0
	case t.box[0] >= 0 && cell(row, t.box[0]) != "":
		box := rawBox{Class: label, Edges: t.edges, Score: score}
		for i, col := range t.box {
			if !isNumber(cell(row, col)) {
				p.refuse("csv_row", "Line %d: %q is no coordinate.", line, cell(row, col))
				return
			}
			box.At[i], _ = strconv.ParseFloat(cell(row, col), 64)
		}
		if label == "" {
			p.refuse("csv_row", "Line %d: the box has no label.", line)
			return
		}
		it.Boxes = []rawBox{box}
	case t.list && strings.HasPrefix(label, "[") && strings.HasSuffix(label, "]"):
		for name := range strings.SplitSeq(label[1:len(label)-1], ",") {
			if name = strings.Trim(strings.TrimSpace(name), `"'`); name != "" {
				it.Classes = append(it.Classes, name)
			}
		}
		it.Empty = len(it.Classes) == 0
	case t.state >= 0 && t.sha >= 0 && label != "": // a table of ours has one label a row, whatever is in its name
		it.Classes = []string{label}
		if score > 0 {
			it.Scores = []float64{score}
		}
	default:
		it.List = label
	}
	p.add(it)
}

// listed splits a cell that may hold several labels.
func listed(s string) (out []string) {
	for name := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == '|' || c == ';' }) {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}
