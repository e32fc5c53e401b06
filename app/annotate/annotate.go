// Package annotate is where images are labelled and proposals reviewed, one at a time by keyboard.
package annotate

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/ui"
)

// Screen is the screen. Key is where it stands: a new one makes a new screen.
type Screen struct {
	app.Compo

	Key    string
	Review bool // the queue of auto-labels, most uncertain first
}

// CompoID implements app.DismountEnforcer.
func (s *Screen) CompoID() string { return s.Key }

// Render implements app.Composer.
func (s *Screen) Render() app.UI { return ui.Loading() }
