package domain

import "slices"

// Format is one file format that exports are downloaded in, and that imports read.
type Format struct {
	Name   string // in addresses and commands
	Ending string // of the file that is downloaded
	Images bool   // the file holds the images too
	Tasks  []Task // whose labels it holds; nil: of all
}

// Formats are all formats, ours first.
var Formats = []Format{
	{Name: "json", Ending: ".json"},
	{Name: "csv", Ending: ".csv"},
	{Name: "folder", Ending: "-folder.zip", Images: true, Tasks: []Task{TaskSingle, TaskMulti}},
	{Name: "coco", Ending: "-coco.json"},
	{Name: "labelstudio", Ending: "-labelstudio.json"},
	{Name: "yolo", Ending: "-yolo.zip", Images: true, Tasks: []Task{TaskBoxes}},
	{Name: "voc", Ending: "-voc.zip", Images: true, Tasks: []Task{TaskBoxes}},
	{Name: "cvat", Ending: "-cvat.zip", Images: true},
	{Name: "datumaro", Ending: "-datumaro.zip", Images: true},
	{Name: "tfrecord", Ending: "-tfrecord.zip", Images: true},
}

// FormatNamed gives the format of a name.
func FormatNamed(name string) (f Format, ok bool) {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return f, false
	}
	return Formats[i], true
}

// Holds tells whether the format can hold labels of task t at all.
func (f Format) Holds(t Task) bool { return f.Tasks == nil || slices.Contains(f.Tasks, t) }

// LabelModes are the ways in which an import may read labels: whatever it finds, not at all, or from one format alone.
func LabelModes() []string {
	modes := []string{"auto", "none"}
	for _, f := range Formats {
		if f.Name != "json" { // found by auto
			modes = append(modes, f.Name)
		}
	}
	return modes
}

// ExportCheck is what a format keeps of an export: the file is made and read again in memory, and both are compared.
type ExportCheck struct {
	Format string `json:"format"`
	VOC    VOC    `json:"voc,omitempty"` // dialect that a file of Pascal VOC is written in
	Items  int    `json:"items"`
	Same   int    `json:"same"` // images that come back with the same label, provenance and split
	Losses []Loss `json:"losses"`
}

// Loss is one thing that a format does not hold. Code is stable, for translation:
//
//	images      the file holds no images; it has to be kept with them
//	name        images get another name: Example
//	missing     images are not found again
//	class       labels name other classes
//	box         boxes are lost, or are others
//	rounded     boxes move a little: Example pixels at most
//	skipped     "skipped" becomes "not labelled"
//	empty       "looked at, nothing there" becomes "not labelled"
//	proposal    what a model proposed is not in the file
//	state       another change of a label's state
//	source      whether a person or a model gave the label is not kept
//	confidence  scores of models, or which model it was, are not kept
//	flag        notes beside labels (unsure, bad) are not kept
//	split       train, val, test are not kept
//	unused      classes that no label holds are not in the file
//	zero_based  boxes count pixels from 0, as they came into the project, and not from 1 as Pascal VOC's standard says
//	refused     what the file says is not taken again: Example
type Loss struct {
	Code    string `json:"code"`
	Count   int    `json:"count"`             // of images; unused: of classes
	Example string `json:"example,omitempty"` // the first of them
}
