// Package models shows Label Exports, trains Custom Auto-Label AIs from them, and shows and applies the models.
package models

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/ui"
)

// Exports is the screen. Key is where it stands: a new one makes a new screen.
type Exports struct {
	app.Compo

	Key string
}

// CompoID implements app.DismountEnforcer.
func (s *Exports) CompoID() string { return s.Key }

// Render implements app.Composer.
func (s *Exports) Render() app.UI { return ui.Loading() }
