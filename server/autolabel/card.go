package autolabel

import (
	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/domain"
)

// modelCard turns a report into what a model's card shows. Every score in it is by a head that never saw the image or a
// near-duplicate of it.
func modelCard(p *plan, r *metrics.Report, eval *train.Evaluation, groups int) domain.Metrics {
	m := domain.Metrics{
		Images: r.Images, Accuracy: r.Accuracy, AccuracyCI: domain.Interval(r.AccuracyCI),
		Macro: domain.Averages(r.Macro), Micro: domain.Averages(r.Micro),
		Confusion: r.Confusion, ECE: r.ECE, Folds: eval.Folds, Groups: groups,
	}
	for i, c := range r.Classes {
		m.Classes = append(m.Classes, domain.ClassMetrics{
			ClassID: p.classes[i].ID, Name: p.classes[i].Name, Support: c.Support, TP: c.TP, FP: c.FP, FN: c.FN,
			Precision: c.Precision, Recall: c.Recall, F1: c.F1,
			PrecisionCI: domain.Interval(c.PrecisionCI), RecallCI: domain.Interval(c.RecallCI),
		})
	}
	for _, point := range r.Curve {
		m.Curve = append(m.Curve, domain.ThresholdPoint(point))
	}
	for _, b := range r.Bins {
		m.Bins = append(m.Bins, domain.Bin{Low: b.Low, High: b.High, Images: b.Images, Confidence: b.Confidence, Right: b.Right, RightCI: domain.Interval(b.RightCI)})
	}
	m.Learning = learning(eval.Learning)
	m.Compared = unlabelled(eval.Unlabelled, r.Images)
	multi := p.project.Task == domain.TaskMulti
	m.Suspects = len(metrics.Suspects(p.labels, eval.Scores, multi))
	alike := map[int]int{}
	for _, g := range p.group {
		alike[g]++
	}
	for i, a := range p.assets {
		o := domain.Outcome{AssetID: a.ID, Scores: eval.Scores[i]}
		if p.group != nil && alike[p.group[i]] > 1 {
			o.Group = p.group[i] + 1
		}
		o.Truth = append([]int{}, p.labels[i]...)
		o.Predicted = append([]int{}, metrics.Predict(eval.Scores[i], multi)...)
		m.Outcomes = append(m.Outcomes, o)
	}
	return m
}

func learning(l *train.Learning) *domain.Learning {
	if l == nil {
		return nil
	}
	out := &domain.Learning{Law: domain.Law(l.Law)}
	for _, p := range l.Points {
		out.Points = append(out.Points, domain.LearningPoint(p))
	}
	for _, f := range l.Forecasts {
		out.Forecasts = append(out.Forecasts, domain.Forecast(f))
	}
	return out
}
