package transfer

import (
	"context"
	"fmt"
	"io"

	"github.com/irum-app/irum/server/domain"
)

type lsOutResult struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	FromName string         `json:"from_name"`
	ToName   string         `json:"to_name"`
	Width    int            `json:"original_width"`
	Height   int            `json:"original_height"`
	Rotation int            `json:"image_rotation"`
	Value    map[string]any `json:"value"`
	Score    float64        `json:"score,omitempty"`
}

type lsOutAnswer struct {
	ID        int           `json:"id"`
	Cancelled *bool         `json:"was_cancelled,omitempty"`
	Truth     *bool         `json:"ground_truth,omitempty"`
	Version   string        `json:"model_version,omitempty"`
	Score     float64       `json:"score,omitempty"`
	Result    []lsOutResult `json:"result"`
}

type lsOutTask struct {
	ID   int `json:"id"`
	Data struct {
		Image string  `json:"image"`
		Irum  lsExtra `json:"irum"`
	} `json:"data"`
	Annotations []lsOutAnswer `json:"annotations"`
	Predictions []lsOutAnswer `json:"predictions"`
}

// labelStudio writes one task an image, for a labelling set-up with controls "label" (boxes) and "choice" (classes; "taxonomy"
// where they are nested) over "image". What a model proposed is a prediction.
func (o *output) labelStudio(ctx context.Context, w io.Writer) error {
	j := newJSONList(w)
	err := o.each(ctx, func(i int, a domain.Asset) error { return j.element(o.lsTask(i+1, a)) })
	if err != nil {
		return err
	}
	return j.end()
}

func (o *output) lsTask(n int, a domain.Asset) lsOutTask {
	t := lsOutTask{ID: n, Annotations: []lsOutAnswer{}, Predictions: []lsOutAnswer{}}
	t.Data.Image, t.Data.Irum = a.Name, lsExtra{extra: extraOf(a)}
	answer := lsOutAnswer{ID: n, Result: o.lsResults(n, a)}
	scored := false
	for _, c := range a.Label.Classes {
		t.Data.Irum.Scores = append(t.Data.Irum.Scores, c.Score)
		scored = scored || c.Score != 0
	}
	if !scored {
		t.Data.Irum.Scores = nil
	}
	switch a.Label.State {
	case domain.StateAuto:
		answer.Version, answer.Score = a.Label.ModelID, a.Label.Confidence
		t.Predictions = append(t.Predictions, answer)
	case domain.StateLabelled, domain.StateSkipped:
		skipped, truth := a.Label.State == domain.StateSkipped, false
		answer.Cancelled, answer.Truth = &skipped, &truth
		t.Annotations = append(t.Annotations, answer)
	}
	return t
}

func (o *output) lsResults(n int, a domain.Asset) []lsOutResult {
	out := []lsOutResult{}
	add := func(kind, from string, score float64, value map[string]any) {
		out = append(out, lsOutResult{
			ID: fmt.Sprintf("%d-%d", n, len(out)+1), Type: kind, FromName: from, ToName: "image",
			Width: a.Width, Height: a.Height, Value: value, Score: score,
		})
	}
	var names []string
	paths, nested := [][]string{}, o.tree.Nested()
	for _, c := range a.Label.Classes {
		names = append(names, o.className(c.ClassID))
		var path []string
		for _, over := range o.tree.Line(c.ClassID) {
			path = append(path, over.Name)
		}
		paths = append(paths, path)
	}
	switch {
	case len(names) == 0:
	case nested:
		add("taxonomy", "taxonomy", 0, map[string]any{"taxonomy": paths})
	default:
		add("choices", "choice", 0, map[string]any{"choices": names})
	}
	w, h := float64(a.Width)/100, float64(a.Height)/100
	for _, b := range a.Label.Boxes {
		add("rectanglelabels", "label", b.Score, map[string]any{
			"x": b.X / w, "y": b.Y / h, "width": b.W / w, "height": b.H / h, "rotation": 0,
			"rectanglelabels": []string{o.className(b.ClassID)},
		})
	}
	return out
}
