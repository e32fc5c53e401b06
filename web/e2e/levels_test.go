package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// TestDeeperTraining trains the last blocks of the network: the dialog says what that takes, the page draws how it goes, a pause
// and a new server in between do no harm, and the card says on what the model was measured. It labels by its own network then.
func TestDeeperTraining(t *testing.T) {
	data := t.TempDir()
	url, stop := hostOver(t, data)
	s := newSetup(t, url)
	project := s.digits(4, func(digit, _ int) int { return digit })
	ctx := context.Background()
	if _, err := s.CreateExport(ctx, project, "All labels", domain.Filter{}); err != nil {
		t.Fatal(err)
	}
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/exports")
	l.click("Create Custom Auto-Label AI")
	l.sees("Estimated cost", 3*time.Minute)
	l.sees("Full training needs a worker with a GPU", time.Minute)
	l.click("Last blocks")
	l.until("what each takes", `[...document.querySelectorAll('.choice[aria-checked=true]')].some(e => /^Last blocks/.test(e.innerText) && /About .* credit/.test(e.innerText))`, 3*time.Minute)
	l.shot("80-levels")
	l.click("Confirm and train")
	l.sees("Accuracy while training", 5*time.Minute)
	l.click("Pause")
	l.sees("Paused", time.Minute)
	l.until("the curve at its width", `[...document.querySelectorAll('.plot-area')].length === 2 && [...document.querySelectorAll('.plot-area')].every(e => Math.abs(e.querySelector('svg').clientWidth - e.clientWidth) < 2)`, time.Minute)
	l.looksOf("81-paused", "Custom Auto-Label", 1000)

	stop()
	url, _ = hostOver(t, data)
	l.open(url + "/p/s/" + project + "/ai")
	l.click("Resume")
	l.sees("Confusion matrix", 10*time.Minute)
	l.sees("images that were held out", time.Minute)
	l.until("the depth on the card", `[...document.querySelectorAll('.model h2 .tag')].some(e => e.innerText === 'Last blocks')`, time.Minute)
	l.looksOf("82-tuned", "Custom Auto-Label", 2400)
}

// TestImagesWithoutLabelsTeach trains on four labels a class with the rest of the project beside: the dialog offers it, and the card
// says what came of it.
func TestImagesWithoutLabelsTeach(t *testing.T) {
	url, _ := hostOver(t, t.TempDir())
	s := newSetup(t, url)
	project := s.digits(16, func(digit, _ int) int { return digit })
	ctx := context.Background()
	page, err := s.Assets(ctx, project, domain.Filter{}, domain.SortName, "", 200)
	var in domain.LabelRequest
	for _, a := range page.Items {
		if i := a.Name[len(a.Name)-len("00.jpg"):]; i >= "04.jpg" {
			in.Changes = append(in.Changes, domain.LabelChange{AssetID: a.ID, Action: "clear"})
		}
	}
	if err == nil {
		_, err = s.Label(ctx, project, in)
	}
	if err == nil {
		_, err = s.CreateExport(ctx, project, "Few labels", domain.Filter{States: []domain.State{domain.StateLabelled}})
	}
	if err != nil || len(in.Changes) != 120 {
		t.Fatal(err, len(in.Changes))
	}
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/exports")
	l.click("Create Custom Auto-Label AI")
	l.sees("Estimated cost", 3*time.Minute)
	l.click("Also learn from images without labels")
	l.until("the images that are new to the network", `/To be looked at by the network\s*1[0-9][0-9] images/.test(document.querySelector('dialog').innerText)`, 3*time.Minute)
	l.shot("85-unlabelled")
	l.click("Last blocks")
	l.until("no such offer for deeper trainings", `!document.getElementById('model-unlabelled')`, 3*time.Minute)
	l.click("Last layer")
	l.click("Confirm and train")
	l.sees("Confusion matrix", 3*time.Minute)
	l.until("what came of it", `/120 images without labels.*Difference [+-]?[0-9.]+ points/.test(document.querySelector('.model .detail').innerText)`, time.Minute)
	l.looksOf("86-taught", "Custom Auto-Label", 1400)
}
