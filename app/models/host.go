package models

import (
	"slices"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

// askHost asks what the host can do. A host that does not answer is told of by what else is asked of it.
func askHost(ctx app.Context, host **domain.Capabilities) {
	session.Do(ctx, session.Client().Capabilities, func(_ app.Context, c domain.Capabilities, err error) {
		if err == nil {
			*host = &c
		}
	})
}

// boxed tells whether the labels of the project are boxes.
func boxed() bool { return session.Project != nil && session.Project.Task == domain.TaskBoxes }

// learns tells whether host, nil while it is not known, trains models for the project: boxes need more than some hosts have.
func learns(host *domain.Capabilities) bool {
	return !boxed() || host != nil && slices.Contains(host.Tasks, domain.TaskBoxes)
}
