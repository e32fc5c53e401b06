package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// ask sends a body as a member of a role and gives the answer, whose status must be want.
func ask[T any](m *matrix, role domain.Role, method, path string, body any, want int) (out T) {
	m.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(m.t.Context(), method, "/api/projects/"+m.mine["project"]+path, strings.NewReader(string(text)))
	r.Header.Set("Content-Type", "application/json")
	v := m.people[role]
	r.AddCookie(&http.Cookie{Name: "irum", Value: v.cookie})
	r.Header.Set("X-Csrf-Token", v.csrf)
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	if w.Code != want {
		m.t.Fatalf("%s %s as %s: %d %s", method, path, role, w.Code, w.Body)
	}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			m.t.Fatal(err)
		}
	}
	return out
}

func answer(n int, asset string, classes ...string) domain.QueueAnswer {
	return domain.QueueAnswer{OpID: fmt.Sprint("answer", n), Change: domain.LabelChange{AssetID: asset, Action: "set", Classes: classes}}
}

// TestSharedWork lets two people label the same images, a reviewer decide, and a manager look at how well they do.
func TestSharedWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		m := newMatrix(t, st)
		ctx := t.Context()
		p, err := st.Project(ctx, m.mine["project"])
		if err != nil {
			t.Fatal(err)
		}
		p.Classes = append(p.Classes, domain.Class{ID: "d", Name: "other"})
		if p, err = st.UpdateProject(ctx, p); err != nil {
			t.Fatal(err)
		}
		h := &host{t: t, store: st, names: map[string]string{}}
		var images []domain.Asset
		for i := range 2 {
			sha := fmt.Sprintf("%064x", i+1)
			images = append(images, domain.Asset{Name: fmt.Sprint("new", i), SHA256: sha, Format: "png", Width: 8, Height: 8, Bytes: 1})
		}
		added, err := st.AddAssets(ctx, p.ID, images, store.LabelWrite{})
		if err != nil {
			t.Fatal(err)
		}
		h.names["gold"] = m.mine["asset"]

		const manager, ann, bob = domain.RoleManager, domain.RoleLabeller, domain.RoleReviewer
		ask[domain.QueueSettings](m, manager, "PUT", "/queue", domain.QueueSettings{Auto: true, Labellers: 2, GoldShare: 0.5, Minutes: 5}, 200)
		ask[any](m, manager, "PUT", "/queue", domain.QueueSettings{Auto: true, Labellers: 2, GoldShare: 0.9, Minutes: 5}, 422)
		if got := ask[domain.Counted](m, manager, "POST", "/gold", domain.GoldRequest{}, 200); got.N != 1 {
			t.Errorf("%d images are gold", got.N)
		}
		ask[any](m, manager, "POST", "/queue/assign", domain.AssignRequest{Labellers: 1, Assignee: "nobody"}, 422)
		ask[any](m, ann, "POST", "/queue/lease", domain.LeaseRequest{N: 21}, 422)

		var batch domain.QueueBatch
		for range 40 { // gold comes by chance
			if batch = ask[domain.QueueBatch](m, ann, "POST", "/queue/lease", domain.LeaseRequest{N: 3}, 200); len(batch.Items) == 3 {
				break
			}
		}
		if len(batch.Items) != 3 || !batch.Blind {
			t.Fatalf("ann holds %+v", batch)
		}
		for _, item := range batch.Items {
			if item.Asset.Label.State != domain.StateUnlabelled || len(item.Asset.Label.Classes) > 0 || item.Asset.Label.Rev != 0 {
				t.Errorf("what is held tells its label: %+v", item.Asset)
			}
		}
		first, second := added.Assets[0].ID, added.Assets[1].ID
		ask[domain.Operation](m, ann, "POST", "/queue/answers", answer(1, first, "c"), 200)
		ask[domain.Operation](m, ann, "POST", "/queue/answers", answer(2, second, "c"), 200)
		ask[domain.Operation](m, ann, "POST", "/queue/answers", answer(3, h.names["gold"], "d"), 200)
		ask[any](m, ann, "POST", "/queue/answers", domain.QueueAnswer{OpID: "x", Change: domain.LabelChange{AssetID: first, Action: "clear"}}, 422)
		ask[any](m, ann, "POST", "/queue/answers", answer(4, first, "none"), 422)
		ask[any](m, bob, "POST", "/queue/answers", answer(5, first, "c"), 404) // bob does not hold it
		for range 40 {
			if batch = ask[domain.QueueBatch](m, bob, "POST", "/queue/lease", domain.LeaseRequest{N: 3}, 200); len(batch.Items) == 3 {
				break
			}
		}
		op := ask[domain.Operation](m, bob, "POST", "/queue/answers", answer(6, first, "c"), 200)
		if l := op.Assets[0].Label; op.Changed != 1 || l.Rev != 0 || l.Actor == domain.ConsensusActor {
			t.Errorf("bob is told %+v", op)
		}
		ask[domain.Operation](m, bob, "POST", "/queue/answers", answer(7, second, "d"), 200)
		ask[any](m, bob, "POST", "/queue/undo", map[string]string{"op": "answer2"}, 404) // it is ann's

		got := ask[domain.Agreement](m, bob, "GET", "/agreement", nil, 200)
		if got.Images != 2 || got.Agreed != 0.5 || got.Disputed != 1 || len(got.Disputes) != 1 || got.Disputes[0].Asset.ID != second || len(got.Disputes[0].Votes) != 2 || got.Disputes[0].Votes[0].By.Name != "labeller of mine" {
			t.Errorf("agreement %+v", got)
		}
		if a, err := st.Asset(ctx, p.ID, first); err != nil || a.Label.State != domain.StateLabelled || a.Label.Actor != domain.ConsensusActor {
			t.Errorf("what both say is no label: %+v, %v", a.Label, err)
		}
		ask[domain.Operation](m, bob, "POST", "/labels", set(second, "d"), 200)
		if got = ask[domain.Agreement](m, bob, "GET", "/agreement", nil, 200); got.Disputed != 0 {
			t.Errorf("after the decision %+v", got)
		}
		status := ask[domain.QueueStatus](m, manager, "GET", "/queue", nil, 200)
		if status.Gold != 1 || len(status.People) == 0 {
			t.Errorf("the manager is told %+v", status)
		}
		for _, v := range status.People {
			if want := v.Person.Name == "labeller of mine"; want != (v.Gold != nil) || want && (v.Gold.Right != 0 || v.Gold.Answered != 1 || v.Done != 3) {
				t.Errorf("of %s is told %+v, gold %+v", v.Person.Name, v, v.Gold)
			}
		}
		if status = ask[domain.QueueStatus](m, ann, "GET", "/queue", nil, 200); status.People != nil || status.Gold != 0 || status.Mine.Done != 3 || status.Mine.Gold != nil {
			t.Errorf("a labeller is told %+v", status)
		}
	})
}
