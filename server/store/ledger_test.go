package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

func balance(t testing.TB, s *store.Store) int64 {
	t.Helper()
	c := must[domain.Credits](t)(s.Credits(ctx))
	if len(c.Entries) < 50 {
		var sum int64
		for _, e := range c.Entries {
			sum += e.Amount
		}
		if sum != c.Balance {
			t.Errorf("the ledger adds up to %d, the balance is %d: %+v", sum, c.Balance, c.Entries)
		}
	}
	return c.Balance
}

func wantBalance(t testing.TB, s *store.Store, after string, want int64) {
	t.Helper()
	if got := balance(t, s); got != want {
		t.Errorf("after %s the balance is %d, want %d", after, got, want)
	}
}

func TestCredits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		wantBalance(t, s, "the first grant", store.FirstGrant)
		ok(t, s.Reserve(ctx, "j1", 300))
		ok(t, s.Reserve(ctx, "j1", 300))
		wantBalance(t, s, "a reservation, made twice", 700)
		wantCode(t, s.Reserve(ctx, "j1", 200), domain.CodeConflict, "")
		wantCode(t, s.Reserve(ctx, "j2", 701), domain.CodeNoCredits, "")
		wantBalance(t, s, "a reservation that is too large", 700)
		ok(t, s.Reserve(ctx, "j2", 700))
		wantBalance(t, s, "a reservation of all", 0)
		ok(t, s.Settle(ctx, "j1", 120))
		ok(t, s.Settle(ctx, "j1", 10))
		ok(t, s.Refund(ctx, "j1"))
		wantBalance(t, s, "settling for less, and trying to close again", 180)
		ok(t, s.Refund(ctx, "j2"))
		ok(t, s.Refund(ctx, "j2"))
		wantBalance(t, s, "a refund, made twice", 880)
		ok(t, s.Reserve(ctx, "j3", 80))
		ok(t, s.Settle(ctx, "j3", 5000))
		wantBalance(t, s, "settling for more than was reserved", 800)
		ok(t, s.Grant(ctx, 50))
		wantBalance(t, s, "a grant", 850)
		ok(t, s.Refund(ctx, "never reserved"))
		wantCode(t, s.Settle(ctx, "never reserved", 1), domain.CodeNotFound, "")
		wantCode(t, s.Grant(ctx, -5), domain.CodeInvalid, "amount")
		wantCode(t, s.Reserve(ctx, "j4", -5), domain.CodeInvalid, "amount")
		wantCode(t, s.Reserve(ctx, "j1", 300), domain.CodeConflict, "")
		c := must[domain.Credits](t)(s.Credits(ctx))
		if c.Entries[0].Kind != "grant" || c.Entries[0].Amount != 50 || c.Entries[len(c.Entries)-1].Amount != store.FirstGrant {
			t.Errorf("entries %+v", c.Entries)
		}
		for range 60 {
			ok(t, s.Grant(ctx, 1))
		}
		if c := must[domain.Credits](t)(s.Credits(ctx)); len(c.Entries) != 50 || c.Balance != 910 {
			t.Errorf("%d entries, balance %d", len(c.Entries), c.Balance)
		}
	})
}

// TestNobodySpendsCreditsTwice lets many reserve and close at the same time.
func TestNobodySpendsCreditsTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var wg sync.WaitGroup
		var taken, refused atomic.Int64
		for i := range 12 {
			wg.Go(func() {
				job := fmt.Sprint("job", i/2) // every job is reserved for twice
				err := s.Reserve(ctx, job, 300)
				var p *domain.Problem
				switch {
				case err == nil:
					taken.Add(1)
				case errors.As(err, &p) && p.Code == domain.CodeNoCredits:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantBalance(t, s, "the rush", 100)
		if taken.Load() != 6 || refused.Load() != 6 {
			t.Errorf("%d taken, %d refused", taken.Load(), refused.Load())
		}
		for i := range 12 {
			wg.Go(func() {
				if i%2 == 0 {
					if err := s.Refund(ctx, fmt.Sprint("job", i/2)); err != nil {
						t.Error(err)
					}
				} else if err := s.Settle(ctx, fmt.Sprint("job", i/2), 0); err != nil && domain.AsProblem(err).Code != domain.CodeNotFound {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantBalance(t, s, "all was given back", store.FirstGrant)
	})
}
