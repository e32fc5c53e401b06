//go:build js

package main

import (
	"context"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// noEngine is the Engine of a host that shows what others have computed: a Worker has neither the time nor the memory for
// networks.
type noEngine struct{}

var _ autolabel.Engine = noEngine{}

func errNoEngine() error {
	return domain.Errorf(domain.CodeUnsupported, "The edge host computes nothing. Make a project on your device, or run a server.")
}

// Backbone implements autolabel.Engine.
func (noEngine) Backbone(context.Context, string, func(context.Context) ([]byte, error)) (autolabel.BackboneInfo, error) {
	return autolabel.BackboneInfo{}, errNoEngine()
}

// Embed implements autolabel.Engine.
func (noEngine) Embed(context.Context, string, []byte) ([]float32, error) { return nil, errNoEngine() }

// Fit implements autolabel.Engine.
func (noEngine) Fit(context.Context, train.Dataset, train.Options, func(done, total int)) (*train.Head, *train.Evaluation, error) {
	return nil, nil, errNoEngine()
}

// Cluster implements autolabel.Engine.
func (noEngine) Cluster(context.Context, cluster.Points, cluster.Options, func(done, total int)) (*cluster.Result, error) {
	return nil, errNoEngine()
}

// Map implements autolabel.Engine.
func (noEngine) Map(context.Context, cluster.Points, embedmap.Options, func(done, total int)) (*embedmap.Map, error) {
	return nil, errNoEngine()
}

// FitBoxes implements autolabel.Engine.
func (noEngine) FitBoxes(context.Context, detect.Set, detect.FitOptions, func(done, total int)) (*detect.Fitted, error) {
	return nil, errNoEngine()
}

// Parallel implements autolabel.Engine.
func (noEngine) Parallel() int { return 0 }

// Kind implements autolabel.Engine.
func (noEngine) Kind() string { return "" }
