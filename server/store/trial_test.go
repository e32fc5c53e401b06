package store_test

import (
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestTrial opens a workspace and goes through its 14 days: what is left expires at their end, as an entry of the ledger, what
// was granted stays, and what is refunded of the trial later expires as well.
func TestTrial(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
		ann := must[domain.User](t)(s.AddFirstUser(ctx, store.UserRecord{User: domain.User{ID: "ann", Email: "ann@example.org", Name: "Ann"}, Password: "x"}))
		w := must[domain.Workspace](t)(s.CreateWorkspace(ctx, "Cats", ann.ID))
		want := func(when string, balance, left int64, days int, ended bool) {
			t.Helper()
			c := must[domain.Credits](t)(s.CreditsOf(ctx, w.ID))
			sum := int64(0)
			for _, e := range c.Entries {
				sum += e.Amount
			}
			if c.Balance != balance || sum != balance {
				t.Errorf("%s: the balance is %d, the ledger adds up to %d, not %d: %+v", when, c.Balance, sum, balance, c.Entries)
			}
			if c.Trial == nil || c.Trial.Left != left || c.Trial.DaysLeft != days || c.Trial.Ended != ended || c.Trial.Amount != store.FirstGrant {
				t.Errorf("%s: %+v, not %d left for %d days", when, c.Trial, left, days)
			}
		}
		job := func(id string, credits int64) error {
			p := must[domain.Project](t)(s.CreateProject(ctx, domain.Project{Name: "P", Task: domain.TaskSingle, Workspace: w.ID}))
			return s.AddJob(ctx, store.JobRecord{Job: domain.Job{ID: id, ProjectID: p.ID, Workspace: w.ID, State: domain.JobQueued, CreatedAt: now}}, credits, time.Minute)
		}
		want("on the first day", 1000, 1000, 14, false)
		ok(t, job("j1", 100))
		ok(t, s.Settle(ctx, "j1", 60))
		ok(t, s.GrantTo(ctx, w.ID, 500))
		ok(t, job("j2", 200))
		now = now.Add(13*24*time.Hour + 23*time.Hour)
		want("in the last hour", 1240, 740, 1, false)
		now = now.Add(time.Hour)
		want("after the end", 500, 0, 0, true)
		want("looked at again", 500, 0, 0, true)
		ok(t, s.Refund(ctx, "j2"))
		want("after a refund of what the trial had paid", 500, 0, 0, true)
		if c := must[domain.Credits](t)(s.CreditsOf(ctx, w.ID)); c.Entries[0].Kind != "expire" || c.Entries[0].Amount != -200 {
			t.Errorf("the newest entry is %+v", c.Entries[0])
		}
		wantCode(t, job("j3", 501), domain.CodeNoCredits, "")
		ok(t, job("j4", 500))
		want("when all is spent", 0, 0, 0, true)

		other := must[domain.Workspace](t)(s.CreateWorkspace(ctx, "Dogs", ann.ID))
		now = now.Add(store.TrialTime)
		w = other // nobody has looked since it ended
		wantCode(t, job("j5", 1), domain.CodeNoCredits, "")
		want("of another", 0, 0, 0, true)
		if c := must[domain.Credits](t)(s.Credits(ctx)); c.Trial != nil || c.Balance != store.FirstGrant {
			t.Errorf("the home workspace has %+v", c)
		}
	})
}
