// Package app is Irum's labelling UI.
package app

import (
	goapp "github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/shell"
)

// Start shows the page and serves it until it is closed. platform.Current must be set.
func Start() {
	goapp.RouteWithRegexp(".*", func() goapp.Composer { return &shell.Root{} })
	goapp.RunWhenOnBrowser()
}
