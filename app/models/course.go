package models

import (
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/app/ui/chart"
	"github.com/irum-app/irum/server/domain"
)

// courseCharts draws how a training of a network goes: accuracy and loss over its epochs. id begins the ids of the elements.
func courseCharts(id string, c *domain.Course) app.UI {
	return app.Div().Class("charts").Body(
		chartSection("course.accuracy", courseWords(c), accuracyCourse(id+"-accuracy", c)),
		chartSection("course.loss", i18n.T("course.loss_words"), lossCourse(id+"-loss", c)),
	)
}

// courseWords says how far it has come.
func courseWords(c *domain.Course) string {
	if c.Learnt > 0 && c.Best == 0 {
		return i18n.T("course.words_first")
	}
	best := 0
	for i, p := range c.Points {
		if p.Accuracy > c.Points[best].Accuracy {
			best = i
		}
	}
	return i18n.T("course.words", "first", percent(c.Points[0].Accuracy), "best", percent(c.Points[best].Accuracy))
}

func wholeNumber(v float64) string { return strconv.Itoa(int(v + 0.5)) }

func loss(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// epochs is the axis of a course.
func epochs(c *domain.Course) chart.Axis {
	x := chart.Between(0, float64(max(c.Epochs, 1)), min(max(c.Epochs, 1), 8), wholeNumber)
	x.Title = i18n.T("course.epoch")
	return x
}

// atAccuracy says how good the network was after an epoch.
func atAccuracy(c *domain.Course, epoch int) string {
	return i18n.T("course.at_accuracy", "epoch", epoch, "accuracy", percent(c.Points[epoch].Accuracy))
}

// atLoss says what its loss was. Before the first epoch it has learned from nothing.
func atLoss(c *domain.Course, epoch int) string {
	if epoch == 0 {
		return i18n.T("course.at_first_loss", "loss", loss(c.Points[0].Loss))
	}
	return i18n.T("course.at_loss", "epoch", epoch, "loss", loss(c.Points[epoch].Loss), "learnt", loss(c.Points[epoch].Learnt))
}

func accuracyCourse(id string, c *domain.Course) app.UI {
	low := 1.0
	for _, p := range c.Points {
		low = min(low, p.Accuracy)
	}
	out := &chart.Chart{
		ID: id, Label: atAccuracy(c, len(c.Points)-1), Height: 200, X: epochs(c),
		Y:     chart.Between(max(0, float64(int(low*10))/10), 1, 4, func(v float64) string { return i18n.Percent(v, 0) }),
		Table: chart.Table{Head: []string{i18n.T("course.epoch"), i18n.T("course.accuracy")}},
	}
	var line [][2]float64
	for i, p := range c.Points {
		at := float64(i)
		line = append(line, [2]float64{at, p.Accuracy})
		out.Slots = append(out.Slots, chart.Slot{At: at, From: at, To: at, Text: atAccuracy(c, i)})
		out.Table.Rows = append(out.Table.Rows, []string{i18n.Number(i), percent(p.Accuracy)})
	}
	out.Draw = func(p *chart.Painter) {
		if c.Best > 0 {
			p.Mark("now", float64(c.Best), i18n.T("course.kept"))
		}
		p.Line("law", line...)
		p.Point("measured", line[len(line)-1][0], line[len(line)-1][1], 0, 0)
	}
	return out
}

func lossCourse(id string, c *domain.Course) app.UI {
	most := 0.0
	for _, p := range c.Points {
		most = max(most, p.Loss, p.Learnt)
	}
	out := &chart.Chart{
		ID: id, Label: atLoss(c, len(c.Points)-1), Height: 200, X: epochs(c), Y: chart.Round(most, 4, loss),
		Legend: []chart.Key{{Text: i18n.T("course.held"), Kind: "line"}, {Text: i18n.T("course.learnt"), Kind: "dashed"}},
		Table:  chart.Table{Head: []string{i18n.T("course.epoch"), i18n.T("course.held"), i18n.T("course.learnt")}},
	}
	var held, learnt [][2]float64
	for i, p := range c.Points {
		at, text := float64(i), "–"
		held = append(held, [2]float64{at, p.Loss})
		if i > 0 {
			learnt, text = append(learnt, [2]float64{at, p.Learnt}), loss(p.Learnt)
		}
		out.Slots = append(out.Slots, chart.Slot{At: at, From: at, To: at, Text: atLoss(c, i)})
		out.Table.Rows = append(out.Table.Rows, []string{i18n.Number(i), loss(p.Loss), text})
	}
	out.Draw = func(p *chart.Painter) {
		p.Line("ideal", learnt...)
		p.Line("law", held...)
	}
	return out
}
