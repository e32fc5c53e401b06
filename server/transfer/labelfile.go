package transfer

import (
	"encoding/binary"
	"fmt"
	"path"
	"strings"
	"unicode/utf16"

	"github.com/irum-app/irum/server/domain"
)

// maxLines is how many lines one label file puts into the report; the rest are counted in one more line.
const maxLines = 200

// States that an item may have.
const (
	stateSkipped = string(domain.StateSkipped)
	stateAuto    = string(domain.StateAuto)
)

// parsed is what a label file says.
type parsed struct {
	file    string
	items   []item
	refused []domain.Refusal
	notes   []domain.Refusal
	told    int             // lines that were in refused before
	more    int             // lines over maxLines
	lines   map[string]bool // of classes with all above them, that were taken
}

func (p *parsed) refuse(code, format string, args ...any) {
	if p.told+len(p.refused) >= maxLines {
		p.more++
		return
	}
	p.refused = append(p.refused, domain.Refusal{Path: p.file, Code: code, Reason: fmt.Sprintf(format, args...)})
}

func (p *parsed) note(code, format string, args ...any) {
	p.notes = append(p.notes, domain.Refusal{Path: p.file, Code: code, Reason: fmt.Sprintf(format, args...)})
}

func (p *parsed) add(it item) {
	it.File = p.file
	p.items = append(p.items, it)
}

// isLabelFile tells by name which files may hold labels.
func isLabelFile(name string) bool {
	switch ext(name) {
	case "csv", "tsv", "xml", "json", "txt", "yaml", "yml", "names", "pbtxt":
		return true
	}
	return false
}

// parseLabels reads one label file in the mode of its import. It never fails: what it cannot read becomes lines.
func parseLabels(name string, data []byte, mode string) *parsed {
	p := &parsed{file: name}
	if mode == modeNone || mode == modeFolder {
		p.refuse("labels_off", "Label files are not read in this import (labels: %s).", mode)
		return p
	}
	text, changed := labelText(data)
	kind := labelKind(name, text)
	switch {
	case strings.TrimSpace(text) == "" && ext(name) != "txt":
		p.refuse("empty", "The file is empty. Copy it again from where it came.")
	case kind == "":
		p.refuse("not_labels", "The file is neither an image nor labels that Irum knows (CSV, COCO, Label Studio, Datumaro or Irum JSON, Pascal VOC or CVAT XML, YOLO TXT with data.yaml or classes.txt, TFRecord).")
	case mode != modeAuto && !modeReads(mode, kind):
		p.refuse("not_asked", "The file looks like %s labels, and this import reads %s labels alone.", kindTitle[kind], mode)
	default:
		if changed {
			p.note("charset", "The text is not UTF-8 and was read as Korean (CP949).")
		}
		parsers[kind](p, text)
	}
	if p.more > 0 {
		p.refused = append(p.refused, domain.Refusal{Path: name, Code: "more", Reason: fmt.Sprintf("%d more lines of this file were not taken.", p.more)})
	}
	return p
}

var parsers = map[string]func(*parsed, string){
	kindCSV: parseCSV, kindVOC: parseVOC, kindCOCO: parseCOCO, kindIrum: parseIrum, kindYOLO: parseYOLO,
	kindNames: parseNames, kindSplit: parseSplit, kindLabelStudio: parseLabelStudio, kindResults: parseResults,
	kindCVAT: parseCVAT, kindDatumaro: parseDatumaro, kindLabelMap: parseLabelMap,
}

var kindTitle = map[string]string{
	kindCSV: "CSV", kindVOC: "VOC", kindCOCO: "COCO", kindIrum: "Irum", kindYOLO: "YOLO", kindNames: "YOLO", kindSplit: "split",
	kindLabelStudio: "Label Studio", kindResults: "COCO",
	kindCVAT: "CVAT", kindDatumaro: "Datumaro",
	kindLabelMap: "TFRecord", kindTFRecord: "TFRecord",
}

func modeReads(mode, kind string) bool {
	switch kind {
	case kindResults:
		return mode == kindCOCO
	case kindLabelMap:
		return mode == kindTFRecord
	case kindNames:
		return mode == kindYOLO
	case kindSplit:
		return mode == kindYOLO || mode == kindVOC
	}
	return mode == kind
}

// labelText decodes text: UTF-8 with or without a byte order mark, UTF-16 with one, else Korean Windows' CP949.
func labelText(data []byte) (text string, changed bool) {
	var order binary.ByteOrder
	switch {
	case len(data) >= 2 && data[0] == 0xff && data[1] == 0xfe:
		order = binary.LittleEndian
	case len(data) >= 2 && data[0] == 0xfe && data[1] == 0xff:
		order = binary.BigEndian
	default:
		return toUTF8(strings.TrimPrefix(string(data), "\uFEFF"))
	}
	units := make([]uint16, 0, len(data)/2)
	for at := 2; at+1 < len(data); at += 2 {
		units = append(units, order.Uint16(data[at:]))
	}
	return string(utf16.Decode(units)), false
}

// labelKind tells what labels a file holds, "" for none that we know.
func labelKind(name, text string) string {
	base := strings.ToLower(path.Base(name))
	switch ext(name) {
	case "csv", "tsv":
		return kindCSV
	case "xml":
		switch {
		case strings.Contains(text, "<annotations"):
			return kindCVAT
		case strings.Contains(text, "<annotation"):
			return kindVOC
		}
	case "json":
		return jsonKind(text)
	case "yaml", "yml":
		if strings.Contains(text, "names") {
			return kindNames
		}
	case "names":
		return kindNames
	case "pbtxt":
		return kindLabelMap
	case "txt":
		switch s := stem(base); {
		case s == "classes" || s == "labels" || s == "names" || s == "predefined_classes" || s == "obj":
			return kindNames
		case splitName(s) != "":
			return kindSplit
		case looksLikeYOLO(text):
			return kindYOLO
		}
	}
	return ""
}

// jsonKind tells the formats that are JSON from another.
func jsonKind(text string) string {
	head := strings.TrimSpace(text[:min(len(text), 100_000)])
	has := func(names ...string) bool {
		for _, n := range names {
			if strings.Contains(head, `"`+n+`"`) {
				return true
			}
		}
		return false
	}
	list := strings.HasPrefix(head, "[")
	switch {
	case strings.Contains(head[:min(len(head), 200)], `"format":"`+SnapshotFormat+`"`):
		return kindIrum
	case !list && datumaroHead(text):
		return kindDatumaro
	case list && has("image_id") && !has("data"):
		return kindResults
	case list, !has("images", "info") && has("data") && has("annotations", "completions", "predictions", "result"):
		return kindLabelStudio
	}
	return kindCOCO
}

// datumaroHead tells whether categories are an object by kind: COCO's are a list.
func datumaroHead(text string) bool {
	if strings.Contains(text[:min(len(text), 1000)], `"dm_format_version"`) {
		return true
	}
	_, after, found := strings.Cut(text, `"categories"`)
	after = strings.TrimLeft(after, ": \t\r\n")
	return found && strings.HasPrefix(after, "{") && strings.Contains(text, `"items"`)
}

// parseResults refuses a bare list of COCO results, whose images and classes are numbers alone.
func parseResults(p *parsed, _ string) {
	p.refuse("predictions", "The file is a list, as COCO results are. Predictions are not taken as labels, and this one names neither images nor classes.")
}
