package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/irum-app/irum/server/domain"
)

type trainCmd struct {
	Project    string `help:"Project, by name or id." required:"" placeholder:"P"`
	Export     string `help:"Export to train on. Without one, a snapshot of all labelled images is taken." placeholder:"ID"`
	Level      string `help:"How deep to train: ${enum}. head is the last layer, last the last blocks too, whole the whole network, scratch a small network from scratch, full the whole network on a GPU." enum:"head,last,whole,scratch,full" default:"head"`
	Name       string `help:"Name of the model."`
	Backbone   string `help:"Backbone to stand on, by id; the default one when empty." placeholder:"ID"`
	Seed       int64  `help:"Seed of what is random: the same seed and export give the same model."`
	Unlabelled bool   `help:"Learn from the project's images without labels, too, where that makes the model better: level head, one class an image."`
	gpuFlags
}

// summary is what is printed of metrics.
type summary struct {
	Accuracy float64               `json:"accuracy"`
	Macro    domain.Averages       `json:"macro"`
	Classes  []domain.ClassMetrics `json:"classes"`
	Boxes    *domain.BoxMetrics    `json:"boxes,omitempty"` // of a model of boxes
}

type trainResult struct {
	Model   string  `json:"model"`
	Metrics summary `json:"metrics"`
}

// Run trains and waits for the model.
func (c trainCmd) Run(a *app) (err error) {
	if a.trainer, err = c.gpuFlags.trainer(a, a.log); err != nil {
		return err
	}
	return a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		request := domain.TrainRequest{ExportID: c.Export, Name: c.Name, Level: c.Level, Backbone: c.Backbone, Seed: c.Seed, Unlabelled: c.Unlabelled}
		if request.ExportID == "" {
			e, err := s.CreateExport(a, p.ID, "irum train "+time.Now().Format("2006-01-02 15:04"), domain.Filter{States: []domain.State{domain.StateLabelled}})
			if err != nil {
				return err
			}
			request.ExportID = e.ID
		}
		estimate, err := s.Estimate(a, p.ID, request)
		if err != nil {
			return err
		}
		a.note("%d labelled images, %d of them new to the backbone; about %.0f s and %d of %d credits.",
			estimate.Images, estimate.ToEmbed, estimate.Seconds, estimate.Credits, estimate.Balance)
		if estimate.Basis == "guess" {
			a.note("The time is a guess: no training of this kind has run yet.")
		}
		for _, w := range estimate.Warnings {
			a.note("warning: %s", warning(p, w))
		}
		job, err := s.Train(a, p.ID, request)
		if err != nil {
			return err
		}
		if job, err = s.wait(a, job); err != nil {
			return err
		}
		m, err := s.Model(a, p.ID, job.ModelID)
		if err != nil {
			return err
		}
		result := trainResult{m.ID, summary{m.Metrics.Accuracy, m.Metrics.Macro, m.Metrics.Classes, m.Metrics.Boxes}}
		return a.print(result, func(w io.Writer) {
			how := "cross-validated on %d images"
			if m.Metrics.Course != nil {
				how = "measured on %d images that were held out"
			}
			_, _ = fmt.Fprintf(w, "Model %s (%s, version %d), trained in %.1f s, "+how+":\n", m.ID, m.Name, m.Version, m.Seconds, m.Metrics.Images)
			result.Metrics.text(w)
			if c := m.Metrics.Compared; c != nil {
				_, _ = fmt.Fprintln(w, compared(*c))
			}
		})
	})
}

// compared says what came of asking for more than a head of the labels alone.
func compared(c domain.Comparison) string {
	what := "the level " + c.Of
	if c.Used > 0 {
		what = fmt.Sprintf("%d images without labels", c.Used)
	}
	if c.MAPWith != nil && c.MAPWithout != nil {
		how := "is what was kept"
		if !c.Kept {
			how = "was not kept: the model is a head that was trained on all images"
		}
		return fmt.Sprintf("With %s: mAP50 %.3f instead of %.3f on the same %d images (difference %+.3f, 95 %% interval %+.3f to %+.3f), mAP50-95 %.3f instead of %.3f; that %s.",
			what, c.With, c.Without, c.Images, c.With-c.Without, c.Gain.Low, c.Gain.High, *c.MAPWith, *c.MAPWithout, how)
	}
	how := "is what was kept"
	if !c.Kept {
		how = "was not kept, since it has to be right as often at a smaller log loss: the model is a head of the labels alone"
	}
	return fmt.Sprintf("With %s: accuracy %.3f instead of %.3f on the same %d images (difference %+.3f, 95 %% interval %+.3f to %+.3f), log loss %.3f instead of %.3f; that %s.",
		what, c.With, c.Without, c.Images, c.With-c.Without, c.Gain.Low, c.Gain.High, c.LossWith, c.LossWithout, how)
}

// warning puts an estimate's code into words.
func warning(p domain.Project, code string) string {
	kind, id, _ := strings.Cut(code, ":")
	switch kind {
	case "few_labels":
		return fmt.Sprintf("fewer than %d labels: the model will be weak", domain.AdvisedLabels)
	case "class_too_small":
		return fmt.Sprintf("class %q has fewer than %d images and is left out", className(p, id), domain.MinPerClass)
	case "class_everywhere":
		return fmt.Sprintf("fewer than %d labelled images are without class %q: it is left out", domain.MinPerClass, className(p, id))
	case "one_class":
		return "only one class has labels: there is nothing to tell apart"
	case "no_credits":
		return "the credits do not suffice"
	}
	return code
}

func (m summary) text(w io.Writer) {
	if m.Boxes != nil {
		boxText(w, m.Boxes)
		return
	}
	_, _ = fmt.Fprintf(w, "accuracy %.3f   macro precision %.3f, recall %.3f, F1 %.3f\n", m.Accuracy, m.Macro.Precision, m.Macro.Recall, m.Macro.F1)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "CLASS\tIMAGES\tPRECISION\tRECALL\tF1")
	for _, c := range m.Classes {
		if c.Support == 0 { // nothing is known of it
			_, _ = fmt.Fprintf(t, "%s\t0\t-\t-\t-\n", c.Name)
			continue
		}
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\n", c.Name, c.Support, c.Precision, c.Recall, c.F1)
	}
	_ = t.Flush()
}

// boxText prints how well boxes are found.
func boxText(w io.Writer, m *domain.BoxMetrics) {
	_, _ = fmt.Fprintf(w, "mAP50 %.3f   mAP50-95 %.3f   at %.2f: precision %.3f, recall %.3f, F1 %.3f\n", m.MAP50, m.MAP, m.Threshold, m.Precision, m.Recall, m.F1)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "CLASS\tBOXES\tAP50\tAP50-95\tPRECISION\tRECALL\tF1")
	for _, c := range m.Classes {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\n", c.Name, c.Support, c.AP50, c.AP, c.Precision, c.Recall, c.F1)
	}
	_ = t.Flush()
}

type applyCmd struct {
	Project       string  `help:"Project, by name or id." required:"" placeholder:"P"`
	Model         string  `help:"Model, by name or id, or latest." required:"" placeholder:"M"`
	MinConfidence float64 `help:"Label only where the model is at least this sure, 0 to 1." placeholder:"X"`
	Budget        float64 `help:"Label only as many as can be shown to be wrong in at most this share, 0.01 for one in a hundred." placeholder:"X"`
	Filter        string  `help:"Which images: text=cam1&state=unlabelled. What people labelled or skipped is never touched." placeholder:"Q"`
	DryRun        bool    `help:"Only count what would be labelled."`
}

type applyResult struct {
	Labelled int             `json:"labelled"`
	Skipped  int             `json:"skipped"`
	Classes  map[string]int  `json:"classes"`           // by name
	Promise  *domain.Promise `json:"promise,omitempty"` // under a budget
}

// Run labels.
func (c applyCmd) Run(a *app) error {
	return a.with(func(s *session) error {
		p, err := s.project(a, c.Project)
		if err != nil {
			return err
		}
		m, err := s.model(a, p, c.Model)
		if err != nil {
			return err
		}
		f, err := filter(p, c.Filter)
		if err != nil {
			return err
		}
		job, err := s.Apply(a, p.ID, m.ID, domain.ApplyRequest{Filter: f, MinConfidence: c.MinConfidence, Budget: c.Budget, DryRun: c.DryRun})
		if err != nil {
			return err
		}
		if job, err = s.wait(a, job); err != nil {
			return err
		}
		if job.Apply == nil {
			return fmt.Errorf("job %s ended without a report", job.ID)
		}
		result := applyResult{job.Apply.Labelled, job.Apply.Skipped, map[string]int{}, job.Apply.Promise}
		for id, n := range job.Apply.ByClass {
			result.Classes[className(p, id)] += n
		}
		return a.print(result, func(w io.Writer) { result.text(w, p, c.DryRun) })
	})
}

func (r applyResult) text(w io.Writer, p domain.Project, dry bool) {
	verb := "were labelled"
	if dry {
		verb = "would be labelled"
	}
	_, _ = fmt.Fprintf(w, "%d images %s, %d left: the model is not sure enough.\n", r.Labelled, verb, r.Skipped)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(r.Classes)) {
		_, _ = fmt.Fprintf(t, "  %s\t%d\n", name, r.Classes[name])
	}
	_ = t.Flush()
	if r.Promise != nil {
		promised(w, p, r.Promise)
	}
}

// promised says what a budget of errors comes to.
func promised(w io.Writer, project domain.Project, p *domain.Promise) {
	if p.Labelled > 0 {
		_, _ = fmt.Fprintf(w, "At most %d of these %d labels are wrong, with a probability of %.0f %% (%d held-out images), if the images are like those that people labelled. %d are drawn for people to check.\n",
			p.Wrong, p.Labelled, 100*p.Confidence, p.Held, p.Spot)
	}
	for _, part := range p.Parts {
		names := make([]string, len(part.Classes))
		for i, id := range part.Classes {
			names[i] = className(project, id)
		}
		_, _ = fmt.Fprintf(w, "  %s: ", strings.Join(names, ", "))
		switch {
		case part.Labelled > 0:
			_, _ = fmt.Fprintf(w, "%d of %d, from a confidence of %.4f on; at most %d wrong\n", part.Labelled, part.Of, part.Threshold, part.Wrong)
		case part.Of == 0:
			_, _ = fmt.Fprintln(w, "no images")
		case part.More < 0:
			_, _ = fmt.Fprintf(w, "none of %d: the model is wrong too often where it is surest\n", part.Of)
		default:
			_, _ = fmt.Fprintf(w, "none of %d: about %d more labelled images are needed to show it\n", part.Of, part.More)
		}
	}
}
