package models

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/ui"
)

// Models is the screen. Key is where it stands: a new one makes a new screen.
type Models struct {
	app.Compo

	Key string
}

// CompoID implements app.DismountEnforcer.
func (s *Models) CompoID() string { return s.Key }

// Render implements app.Composer.
func (s *Models) Render() app.UI { return ui.Loading() }
