package autolabel_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/irum-app/irum/engine/tflite"
	"github.com/irum-app/irum/server/domain"
)

const (
	bundlePath = "../../web/node_modules/@mediapipe/objectron/objectron_solution_packed_assets.data"
	digitsPath = "../../../shared/data/sign-digits"
)

// TestRealPhotos trains on photos of hands by the default backbone and applies to others of them.
func TestRealPhotos(t *testing.T) {
	if testing.Short() {
		t.Skip("embeds photos by the real backbone")
	}
	bundle, err := os.ReadFile(bundlePath)
	if err != nil {
		t.Skipf("the npm package with the backbone is not there: %v", err)
	}
	if _, err := os.Stat(digitsPath); err != nil {
		t.Skipf("the photos are not there: %v", err)
	}
	h := newHost(t)
	h.config.Backbone = func(context.Context) ([]byte, error) { return tflite.Backbone(bundle) }
	s := h.open(t)
	p := must[domain.Project](t)(h.st.CreateProject(ctx, domain.Project{Name: "Digits", Task: domain.TaskSingle}))
	const classes, learnt, others = 4, 15, 8
	send := func(labels, from string, first, n int) {
		imp := must[domain.ImportReport](t)(h.tr.Start(ctx, p.ID, labels))
		for c := range classes {
			files, err := filepath.Glob(filepath.Join(digitsPath, fmt.Sprint(c), "*"))
			if err != nil || len(files) < first+n {
				t.Skipf("only %d photos of %d: %v", len(files), c, err)
			}
			for _, path := range files[first : first+n] {
				f, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				must[domain.ImportReport](t)(h.tr.File(ctx, p.ID, imp.ID, fmt.Sprintf("%s%d/%s", from, c, filepath.Base(path)), f))
				_ = f.Close()
			}
		}
		must[domain.ImportReport](t)(h.tr.Finish(ctx, p.ID, imp.ID))
	}
	send("folder", "", 0, learnt)
	send("none", "new/", learnt, others)
	m := h.train(t, s, p.ID)
	if m.Images != classes*learnt || m.Metrics.Accuracy < 0.75 {
		t.Errorf("%d images, cross-validated accuracy %.2f", m.Images, m.Metrics.Accuracy)
	}
	done(t, s, must[domain.Job](t)(s.Apply(ctx, p.ID, m.ID, domain.ApplyRequest{})))
	now := must[domain.Project](t)(h.st.Project(ctx, p.ID))
	names := map[string]string{}
	for _, c := range now.Classes {
		names[c.ID] = c.Name
	}
	hits := 0
	for _, a := range h.assets(t, p.ID) {
		if a.Label.State == domain.StateAuto && filepath.Base(filepath.Dir(a.Name)) == names[a.Label.Classes[0].ClassID] {
			hits++
		}
	}
	if hits < classes*others*3/4 {
		t.Errorf("%d of %d new photos are labelled rightly", hits, classes*others)
	}
	t.Logf("cross-validated accuracy %.2f, %d of %d new photos right, %d groups of near-duplicates", m.Metrics.Accuracy, hits, classes*others, m.Metrics.Groups)
}
