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
