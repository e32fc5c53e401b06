package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/domain"
)

// TestAnalytics labels, trains and looks at how it goes: each chart is there with its words, keys step through it, and the
// table behind it says the same.
func TestAnalytics(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	ctx := context.Background()
	project := s.digits(25, func(digit, _ int) int { return digit })
	p, err := s.Project(ctx, project)
	if err != nil {
		t.Fatal(err)
	}
	s.train(project)
	page, err := s.Assets(ctx, project, domain.Filter{}, domain.SortName, "", 60)
	if err != nil {
		t.Fatal(err)
	}
	// people give other labels to sixteen images, half of them with a suggestion in sight
	for i, a := range page.Items[:16] {
		effort := &domain.Effort{Seconds: 4 + float64(i%3)}
		if i%2 == 0 {
			effort = &domain.Effort{Seconds: 1 + float64(i%3)/2, Suggestion: domain.SuggestionShown}
		}
		_, err := s.Label(ctx, project, domain.LabelRequest{Changes: []domain.LabelChange{{AssetID: a.ID, Action: "set", Classes: []string{p.Classes[9].ID}, Effort: effort}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/images")
	l.click("Analytics")
	l.sees("250 of 250 images labelled", time.Minute)
	for _, words := range []string{
		"With a suggestion a label takes 1.5 s instead of 5.0 s: 3.3 times as fast.",
		"“9” has", "more labels give about +", "off by",
	} {
		l.sees(words, time.Minute)
	}
	l.until("the charts at their width", `[...document.querySelectorAll('.plot-area')].length === 3 && [...document.querySelectorAll('.plot-area')].every(e => Math.abs(e.querySelector('svg').clientWidth - e.clientWidth) < 2)`, time.Minute)
	l.looksOf("70-analytics", "Analytics", 2000)

	eval[bool](l.person, `(document.getElementById('progress').focus(), true)`)
	l.press(kb.ArrowLeft)
	l.sees("16 by people, 0 by a model, 250 imported", time.Minute)
	eval[bool](l.person, `(document.getElementById('learning').focus(), true)`)
	l.press(kb.End)
	l.sees("labels: about", time.Minute)
	l.press(kb.Home)
	l.sees("%), measured", time.Minute)
	eval[bool](l.person, `(document.activeElement.blur(), document.querySelectorAll('.plot-table summary').forEach(s => s.click()), true)`)
	l.sees("(forecast)", time.Minute)
	said := eval[string](l.person, `[...document.querySelectorAll('.plot-table')].map(t => t.innerText).join('|')`)
	for _, words := range []string{"By people", "Imported", "95 % interval", "Mean confidence"} {
		if !strings.Contains(said, words) {
			t.Errorf("no table says %q", words)
		}
	}
	l.open(url + "/p/s/" + project + "/ai")
	l.click("Details")
	l.sees("Learning curve", time.Minute)
	l.sees("Reliability", time.Minute)
	l.until("charts on the card", `document.querySelectorAll('.detail .plot-area svg').length === 2`, time.Minute)
	eval[bool](l.person, `(document.querySelector('.detail .plot-area').scrollIntoView({block: 'center'}), true)`)
	l.shot("71-card-charts")
	t.Log(fmt.Sprint(eval[string](l.person, `[...document.querySelectorAll('.detail .chart > p')].map(p => p.innerText).join(' ')`)))
}
