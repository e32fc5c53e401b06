package models

import "github.com/irum-app/irum/server/domain"

// rolledUp gives the figures of classes that several of a model's classes are under, or are: an image counts as theirs where it
// holds one of these, truly or as predicted. It is made of the images of the evaluation; without them there is nothing.
func rolledUp(m *domain.Model, tree domain.Tree, classes []domain.Class) (out []domain.ClassMetrics) {
	if !tree.Nested() {
		return nil
	}
	for _, row := range tree.Rows() {
		if row.Under == 0 {
			continue
		}
		c := classes[row.Place]
		in := make([]bool, len(m.Metrics.Classes))
		n := 0
		for _, id := range tree.With([]string{c.ID}) {
			for i := range m.Metrics.Classes {
				if m.Metrics.Classes[i].ClassID == id {
					in[i] = true
					n++
				}
			}
		}
		if n < 2 || len(m.Metrics.Outcomes) == 0 {
			continue
		}
		out = append(out, rolled(m.Metrics.Outcomes, in, tree.Path(c.ID)))
	}
	return out
}

func rolled(outcomes []domain.Outcome, in []bool, name string) domain.ClassMetrics {
	any := func(list []int) bool {
		for _, i := range list {
			if in[i] {
				return true
			}
		}
		return false
	}
	c := domain.ClassMetrics{Name: name}
	for _, o := range outcomes {
		truth, predicted := any(o.Truth), any(o.Predicted)
		switch {
		case truth && predicted:
			c.TP++
		case truth:
			c.FN++
		case predicted:
			c.FP++
		}
	}
	c.Support = c.TP + c.FN
	if c.TP > 0 {
		c.Precision, c.Recall = float64(c.TP)/float64(c.TP+c.FP), float64(c.TP)/float64(c.TP+c.FN)
		c.F1 = 2 * c.Precision * c.Recall / (c.Precision + c.Recall)
	}
	return c
}
