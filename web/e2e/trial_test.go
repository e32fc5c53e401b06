package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestTrialIsShown opens a workspace and looks at its credits: how many, for how many days, and the ledger.
func TestTrialIsShown(t *testing.T) {
	url, setup := teamServer(t)
	ann := newPerson(t, 1440, 900)
	ann.open(setup)
	ann.typeInto("Name", "Ann Lee")
	ann.typeInto("E-mail address", "ann@example.com")
	ann.typeInto("Password", "correct horse battery")
	ann.press("\r")
	ann.until("the account in the bar", `document.querySelector('.avatar')`, 20*time.Second)
	ctx := ann.ctx
	id, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
		const me = await fetch('/api/me')
		const made = await fetch('/api/workspaces', {method: 'POST', body: JSON.stringify({name: 'Cats'}),
			headers: {'Content-Type': 'application/json', 'X-Csrf-Token': me.headers.get('X-Csrf-Token')}})
		return (await made.json()).id
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || id == "" {
		t.Fatalf("workspace %q: %v", id, err)
	}
	there := fmt.Sprintf("%s/team?workspace=%s", url, id)
	ann.open(there)
	ann.sees("The trial ends in 14 days. The 1,000 credits left of it expire then", 20*time.Second)
	ann.accessible("trial")
	ann.inKorean("trial", there, "#credits .key-row")
}
