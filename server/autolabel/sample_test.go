package autolabel_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/irum-app/irum/server/domain"
)

// samples is one sample of pictures in folders, and one that cannot be opened.
type samples struct{ data []byte }

func newSamples() *samples {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, hue := range hues {
		for i := range 3 {
			w, _ := z.Create(fmt.Sprintf("%s/%d.png", name, i))
			_, _ = w.Write(picture(hue, int64(i)+100*int64(hue.G)))
		}
	}
	_ = z.Close()
	return &samples{out.Bytes()}
}

func (s *samples) Samples() []domain.Sample {
	return []domain.Sample{{ID: "hues", Name: "Hues", Images: 9, Bytes: int64(len(s.data))}, {ID: "lost", Name: "Lost", Images: 1}}
}

func (s *samples) Open(_ context.Context, id string) (io.ReadCloser, error) {
	if id != "hues" {
		return nil, errors.New("it is not there")
	}
	return io.NopCloser(bytes.NewReader(s.data)), nil
}

func TestSampleBecomesAProject(t *testing.T) {
	h := newHost(t)
	h.config.Samples = newSamples()
	s := h.open(t)
	j := must[domain.Job](t)(s.TrySample(ctx, "hues"))
	if j.Kind != "sample" || must[domain.Project](t)(h.st.Project(ctx, j.ProjectID)).Name != "Hues" {
		t.Errorf("the project should be there at once: %+v", j)
	}
	j = done(t, s, j)
	p := must[domain.Project](t)(h.st.Project(ctx, j.ProjectID))
	if p.Counts.Labelled != 9 || len(p.Classes) != 3 || j.Done != 9 || j.Phase != "import" {
		t.Errorf("project %+v, job %+v", p, j)
	}
	if m := h.train(t, s, p.ID); m.Images != 9 {
		t.Errorf("trained on %d images", m.Images)
	}
}

func TestSampleThatFailsLeavesNoProject(t *testing.T) {
	h := newHost(t)
	h.config.Samples = newSamples()
	s := h.open(t)
	j := wait(t, s, must[domain.Job](t)(s.TrySample(ctx, "lost")))
	if j.State != domain.JobFailed || j.Error == "" {
		t.Errorf("job %+v", j)
	}
	if list := must[[]domain.Project](t)(h.st.Projects(ctx)); len(list) != 0 {
		t.Errorf("projects %+v", list)
	}
	_, err := s.TrySample(ctx, "x")
	wantCode(t, err, domain.CodeNotFound)
}
