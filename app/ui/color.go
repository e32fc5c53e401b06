package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// The page's policy forbids style attributes, so class colours are rules of one constructed stylesheet, made on first use.
var (
	colorSheet app.Value
	colorRules = map[string]bool{}
)

// ColorClass gives a CSS class that sets --class to color (#rrggbb); "" where color is none.
func ColorClass(color string) string {
	if len(color) != 7 || color[0] != '#' || strings.Trim(strings.ToLower(color[1:]), "0123456789abcdef") != "" {
		return ""
	}
	name := "col-" + strings.ToLower(color[1:])
	if app.IsClient && !colorRules[name] {
		if colorSheet == nil {
			colorSheet = app.Window().Get("CSSStyleSheet").New()
			document := app.Window().Get("document")
			document.Get("adoptedStyleSheets").Call("push", colorSheet)
		}
		colorSheet.Call("insertRule", "."+name+"{--class:"+color+"}")
		colorRules[name] = true
	}
	return name
}

// SetStyle sets one CSS property of a mounted element from code, which the policy allows.
func SetStyle(element app.Value, property, value string) {
	if app.IsClient && element != nil && element.Truthy() {
		element.Get("style").Call("setProperty", property, value)
	}
}
