// Package hotkeys is the one table of what keys do. The screens ask it what a pressed key means, the overview and the buttons
// show what it holds, and the settings change it.
package hotkeys

import "slices"

// Action is what a key does, other than giving a class.
type Action string

// The actions. Their names are kept in the browser with the keys that a person has chosen, and in the texts (keys.NAME).
const (
	Help         Action = "help"
	Accept       Action = "accept"
	AcceptHere   Action = "accept_here"
	Reject       Action = "reject"
	Skip         Action = "skip"
	Unsure       Action = "unsure"
	BadImage     Action = "bad_image"
	Comment      Action = "comment"
	Approve      Action = "approve"
	Return       Action = "return"
	Copy         Action = "copy"
	Clear        Action = "clear"
	Find         Action = "find"
	Search       Action = "search"
	Next         Action = "next"
	Prev         Action = "prev"
	NextOpen     Action = "next_open"
	Ahead        Action = "ahead"
	Back         Action = "back"
	First        Action = "first"
	Last         Action = "last"
	Up           Action = "up"
	Down         Action = "down"
	Undo         Action = "undo"
	Redo         Action = "redo"
	ZoomIn       Action = "zoom_in"
	ZoomOut      Action = "zoom_out"
	Fit          Action = "fit"
	ActualSize   Action = "actual_size"
	PanLeft      Action = "pan_left"
	PanRight     Action = "pan_right"
	PanUp        Action = "pan_up"
	PanDown      Action = "pan_down"
	Brighter     Action = "brighter"
	Darker       Action = "darker"
	MoreContrast Action = "more_contrast"
	LessContrast Action = "less_contrast"
	PlainTone    Action = "plain_tone"
	Saved        Action = "saved"
	Open         Action = "open"
	Select       Action = "select"
	SelectTo     Action = "select_to"
	SelectAll    Action = "select_all"
	Unselect     Action = "unselect"
	Delete       Action = "delete"
	NewClass     Action = "new_class"
	Merge        Action = "merge"
	Split        Action = "split"
	Tick         Action = "tick"
	Leave        Action = "leave"
	Regroup      Action = "regroup"
	Heap         Action = "heap"
	DrawBox      Action = "draw_box"
	NewBox       Action = "new_box"
	DupBox       Action = "duplicate_box"
	HideBoxes    Action = "hide_boxes"
	Tighten      Action = "tighten"
	NextGhost    Action = "next_suggestion"
	PrevGhost    Action = "prev_suggestion"
	TakeGhost    Action = "take_suggestion"
	TakeAll      Action = "take_suggestions"
	MoreGhosts   Action = "more_suggestions"
	FewerGhosts  Action = "fewer_suggestions"
	HideGhosts   Action = "hide_suggestions"
	Keep         Action = "keep"
	ShowLike     Action = "show_like"
)

// Scope is where a key works. A key may mean one thing in one scope only; scopes that are never open together do not
// touch each other.
type Scope string

// The scopes, in the order in which the settings list them.
const (
	Annotate   Scope = "annotate" // labelling and reviewing, one image at a time
	Boxes      Scope = "boxes"    // the same in a project with boxes: what it has goes before Annotate's
	Grid       Scope = "grid"
	Clusters   Scope = "clusters"
	Plane      Scope = "map"      // all images in the plane
	Suspects   Scope = "suspects" // labels that a model doubts, one at a time
	Check      Scope = "check"    // images that may be of little use
	Disputes   Scope = "disputes" // images that people label differently, one at a time
	Everywhere Scope = "everywhere"
)

// Scopes are all scopes.
var Scopes = []Scope{Annotate, Boxes, Grid, Clusters, Plane, Check, Suspects, Disputes, Everywhere}

// entry is a row of the table.
type entry struct {
	action Action
	scopes []Scope
	keys   []string // as written by Chord; the one that buttons show first
	repeat bool     // goes on while the key is held down: a held key must not label a row of images
}

// table holds all actions in the order in which the overview lists them.
var table = []entry{
	{Accept, in(Annotate, Suspects, Disputes), []string{"Enter", " ", "Shift+Enter", "v"}, false},
	{Reject, in(Annotate, Grid), []string{"Backspace", "x"}, false},
	{Keep, in(Suspects, Check), []string{"k", "Backspace"}, false},
	{Skip, in(Annotate, Grid, Suspects, Disputes), []string{"s"}, false},
	{Unsure, in(Annotate, Grid), []string{"u", "Shift+u"}, false},
	{BadImage, in(Annotate, Grid, Check), []string{"j", "Shift+j"}, false},
	{Clear, in(Annotate, Grid), []string{"Delete"}, false},
	{Copy, in(Annotate), []string{"r"}, false},
	{Comment, in(Annotate), []string{"c", "Shift+c"}, false},
	{Approve, in(Annotate, Grid), []string{"."}, false},
	{Return, in(Annotate), []string{","}, false},
	{Find, in(Annotate), []string{"/"}, false},
	{Next, in(Annotate, Grid, Clusters, Plane, Check, Suspects, Disputes), []string{"ArrowRight", "d", "f"}, true},
	{Prev, in(Annotate, Grid, Clusters, Plane, Check, Suspects, Disputes), []string{"ArrowLeft", "a"}, true},
	{NextOpen, in(Annotate), []string{"n"}, false},
	{Open, in(Grid, Clusters), []string{"Enter"}, false},
	{Select, in(Grid, Plane), []string{" "}, false},
	{SelectTo, in(Grid), []string{"Shift+ "}, false},
	{DrawBox, in(Boxes), []string{"b", "w"}, false},
	{NewBox, in(Boxes), []string{"Insert"}, false},
	{DupBox, in(Boxes), []string{"Ctrl+d"}, false},
	{HideBoxes, in(Boxes), []string{"h"}, false},
	{Tighten, in(Boxes), []string{"t"}, false},
	{NextGhost, in(Boxes), []string{"e"}, true},
	{PrevGhost, in(Boxes), []string{"q"}, true},
	{TakeGhost, in(Boxes), []string{"y"}, false},
	{TakeAll, in(Boxes), []string{"Shift+y"}, false},
	{MoreGhosts, in(Boxes), []string{"<"}, true},
	{FewerGhosts, in(Boxes), []string{">"}, true},
	{HideGhosts, in(Boxes), []string{"i"}, false},
	{SelectAll, in(Boxes, Grid, Plane, Check), []string{"Ctrl+a"}, false},
	{Unselect, in(Boxes, Grid, Clusters, Plane, Check), []string{"Escape"}, false},
	{AcceptHere, in(Grid), []string{"Shift+Enter", "v"}, false},
	{Delete, in(Grid, Check), []string{"Shift+Delete"}, false},
	{Search, in(Grid), []string{"/"}, false},
	{ShowLike, in(Grid), []string{"l"}, false},
	{NewClass, in(Clusters), []string{"n"}, false},
	{Merge, in(Clusters), []string{"m"}, false},
	{Split, in(Clusters), []string{"s"}, false},
	{Tick, in(Clusters), []string{"v"}, false},
	{Leave, in(Clusters), []string{"x"}, false},
	{Regroup, in(Clusters), []string{"r"}, false},
	{Heap, in(Plane), []string{"c"}, false},
	{Up, in(Grid, Clusters, Plane, Suspects, Disputes), []string{"ArrowUp"}, true},
	{Down, in(Grid, Clusters, Plane, Suspects, Disputes), []string{"ArrowDown"}, true},
	{Ahead, in(Annotate, Grid), []string{"PageDown"}, true},
	{Back, in(Annotate, Grid), []string{"PageUp"}, true},
	{First, in(Annotate, Grid, Clusters, Check, Suspects, Disputes), []string{"Home"}, false},
	{Last, in(Annotate, Grid, Clusters, Check, Suspects, Disputes), []string{"End"}, false},
	{Undo, in(Annotate, Grid, Clusters, Plane, Check, Suspects, Disputes), []string{"z", "Ctrl+z"}, true},
	{Redo, in(Annotate, Grid, Suspects), []string{"Shift+z", "Ctrl+y", "Ctrl+Shift+z"}, true},
	{ZoomIn, in(Annotate, Plane), []string{"+", "="}, true},
	{ZoomOut, in(Annotate, Plane), []string{"-", "_"}, true},
	{Fit, in(Annotate, Plane), []string{"g"}, false},
	{ActualSize, in(Annotate), []string{"Shift+g"}, false},
	{PanLeft, in(Annotate, Plane), []string{"Shift+ArrowLeft"}, true},
	{PanRight, in(Annotate, Plane), []string{"Shift+ArrowRight"}, true},
	{PanUp, in(Annotate, Plane), []string{"Shift+ArrowUp"}, true},
	{PanDown, in(Annotate, Plane), []string{"Shift+ArrowDown"}, true},
	{Brighter, in(Annotate), []string{"]"}, true},
	{Darker, in(Annotate), []string{"["}, true},
	{MoreContrast, in(Annotate), []string{"}"}, true},
	{LessContrast, in(Annotate), []string{"{"}, true},
	{PlainTone, in(Annotate), []string{"\\"}, false},
	{Saved, in(Annotate), []string{"Ctrl+s"}, false},
	{Help, in(Everywhere), []string{"?", "F1"}, false},
}

func in(scopes ...Scope) []Scope { return scopes }

func entryOf(a Action) (entry, bool) {
	i := slices.IndexFunc(table, func(e entry) bool { return e.action == a })
	if i < 0 {
		return entry{}, false
	}
	return table[i], true
}

// Actions gives what can be done in a scope, in order.
func Actions(s Scope) []Action {
	var out []Action
	for _, e := range table {
		if slices.Contains(e.scopes, s) {
			out = append(out, e.action)
		}
	}
	return out
}

// meet tells whether two scopes can be open at the same time.
func meet(a, b Scope) bool {
	return a == b || a == Everywhere || b == Everywhere || (a == Annotate && b == Boxes) || (a == Boxes && b == Annotate)
}

// clash tells whether a key could mean both, and where.
func clash(a, b entry) (Scope, bool) {
	for _, x := range a.scopes {
		for _, y := range b.scopes {
			if meet(x, y) {
				if x == Everywhere {
					return y, true
				}
				return x, true
			}
		}
	}
	return "", false
}
