package servetest

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/autolabel"
)

// Epochs is a Trainer of ten epochs that keeps a checkpoint after each, and at last publishes a head on the backbone. Before is
// called before each epoch, and may wait.
type Epochs struct {
	Before func(ctx context.Context, job string, epoch int) error
}

const epochs = 10

// Train implements autolabel.Trainer.
func (e *Epochs) Train(ctx context.Context, r *autolabel.Run) (out autolabel.Trained, err error) {
	done, err := lastEpoch(ctx, r)
	if err != nil {
		return out, err
	}
	for ; done < epochs; done++ {
		r.Progress("train", done, epochs)
		if err := e.Before(ctx, r.Job(), done); err != nil {
			return out, err
		}
		if err := r.KeepCheckpoint(ctx, strings.NewReader(fmt.Sprint("epoch ", done+1))); err != nil {
			return out, err
		}
	}
	return head(ctx, r)
}

func lastEpoch(ctx context.Context, r *autolabel.Run) (done int, err error) {
	kept, err := r.Checkpoint(ctx)
	if err != nil || kept == nil {
		return 0, err
	}
	defer func() { _ = kept.Close() }()
	text, err := io.ReadAll(kept)
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Sscanf(string(text), "epoch %d", &done); err != nil {
		return 0, fmt.Errorf("the checkpoint is %q: %w", text, err)
	}
	return done, nil
}

// head trains one as the level of that name does.
func head(ctx context.Context, r *autolabel.Run) (out autolabel.Trained, err error) {
	network, sha, err := r.Backbone(ctx)
	if err != nil {
		return out, err
	}
	local := autolabel.NewLocal(1, engine.Options{})
	if _, err := local.Backbone(ctx, sha, func(context.Context) ([]byte, error) { return network, nil }); err != nil {
		return out, err
	}
	if _, err := r.Groups(ctx); err != nil {
		return out, err
	}
	d := train.Dataset{N: len(r.Images()), Labels: r.Labels(), Classes: len(r.Classes()), Multi: r.Multi()}
	for i := range r.Images() {
		file, err := r.Image(ctx, i)
		if err != nil {
			return out, err
		}
		v, err := local.Embed(ctx, sha, file)
		if err != nil {
			return out, err
		}
		d.X, d.D = append(d.X, v...), len(v)
	}
	if out.Head, out.Evaluation, err = train.Fit(ctx, d, train.Options{}, func(int, int) {}); err != nil {
		return out, err
	}
	names := make([]string, len(r.Classes()))
	for i, c := range r.Classes() {
		names[i] = c.Name
	}
	out.Model, err = train.AppendHead(network, out.Head, names, onnx.Property{Key: "irum.backbone", Value: sha})
	return out, err
}
