package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// TestWritesAtTheSameTime lets many write to the same images at once, some of what they write being wrong or repeated: each
// write is answered for itself, and history, counts and undo are as if one had come after the other.
func TestWritesAtTheSameTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		assets := addImages(t, s, p.ID, "1", "2", "3", "4", "5", "6", "7", "8")
		const writers, rounds = 16, 12
		var changed, refused [writers]int
		var wait sync.WaitGroup
		for w := range writers {
			wait.Go(func() {
				for i := range rounds {
					asset := assets[(w+i)%len(assets)].ID
					in := set(human([]string{"cat", "dog", "owl"}[(w+i)%3]), asset)
					in.OpID, in.Actor = fmt.Sprintf("op-%d-%d", w, i), fmt.Sprint("p", w)
					switch i % 4 {
					case 1:
						in.Changes[0].AssetID = "gone"
					case 3:
						in.OpID = fmt.Sprintf("op-%d-%d", w, i-3) // repeats
					}
					op, err := s.WriteLabels(ctx, p.ID, in)
					switch {
					case i%4 == 1:
						refused[w]++
						if domain.AsProblem(err).Code != domain.CodeNotFound {
							t.Errorf("an asset that is not there: %v", err)
						}
					case err != nil:
						t.Error(err)
					case i%4 == 3 && op.ID != in.OpID:
						t.Errorf("repeated %s and got %+v", in.OpID, op)
					case i%4 == 0:
						changed[w] += op.Changed
					}
				}
			})
		}
		wait.Wait()
		exactCounts(t, s, p.ID)
		for i := range writers {
			if refused[i] != rounds/4 {
				t.Errorf("writer %d was refused %d times", i, refused[i])
			}
		}
		for range 1000 { // all can be taken back
			if _, err := s.Undo(ctx, p.ID, ""); err != nil {
				break
			}
		}
		exactCounts(t, s, p.ID)
		if ops := must[[]domain.Operation](t)(s.Operations(ctx, p.ID, 1000)); len(ops) == 0 || !ops[0].Undone {
			t.Errorf("%d operations", len(ops))
		}
		ok(t, s.EachAsset(ctx, p.ID, store.Query{}, func(all []domain.Asset) error {
			for _, a := range all {
				if a.Label.State != domain.StateUnlabelled {
					t.Errorf("after undoing everything %s is %+v", a.Name, a.Label)
				}
			}
			return nil
		}))
		over, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := s.WriteLabels(over, p.ID, set(human("cat"), assets[0].ID)); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("a write that nobody waits for: %v", err)
		}
		exactCounts(t, s, p.ID)
	})
}
