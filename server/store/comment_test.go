package store_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

var (
	ann = domain.Actor{ID: "ann", Name: "Ann"}
	bob = domain.Actor{ID: "bob"}
)

// talk is what stands at an image in short: author: text, in brackets what is resolved, replies after a dash.
func talk(t testing.TB, s *store.Store, project, asset string) string {
	t.Helper()
	var out []string
	for _, c := range must[[]domain.Comment](t)(s.Comments(ctx, project, asset)) {
		line := c.Author.ID + ": " + c.Text
		if !c.First() {
			line = "- " + line
		}
		if c.Resolved {
			line = "[" + line + " by " + c.ResolvedBy.ID + "]"
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

func TestComments(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b")
		say := func(asset, thread, text string, by domain.Actor) domain.Comment {
			t.Helper()
			return must[domain.Comment](t)(s.AddComment(ctx, p.ID, domain.Comment{AssetID: asset, Thread: thread, Text: text, Author: by}))
		}
		first := say(a[0].ID, "", " Is this a cat? ", ann)
		second := say(a[0].ID, "", "Too dark.", bob)
		say(a[0].ID, first.ID, "A lynx.", bob)
		if got := talk(t, s, p.ID, a[0].ID); got != "ann: Is this a cat?; - bob: A lynx.; bob: Too dark." || first.Author != ann || first.CreatedAt.IsZero() {
			t.Errorf("comments %q, the first %+v", got, first)
		}
		having := func(f domain.Filter, want string) {
			t.Helper()
			page := must[domain.AssetPage](t)(s.Assets(ctx, p.ID, store.Query{Filter: f}))
			if got := names(page.Items); got != want || page.Total != len(page.Items) {
				t.Errorf("%+v selects %q of %d, want %q", f, got, page.Total, want)
			}
		}
		having(domain.Filter{Comments: domain.CommentsOpen}, "a")
		if asset := must[domain.Asset](t)(s.Asset(ctx, p.ID, a[0].ID)); asset.Comments != 3 || asset.OpenThreads != 2 || exactCounts(t, s, p.ID).Discussed != 1 {
			t.Errorf("counts %d, %d", asset.Comments, asset.OpenThreads)
		}
		must[domain.Comment](t)(s.ResolveThread(ctx, p.ID, first.ID, true, bob))
		must[domain.Comment](t)(s.ResolveThread(ctx, p.ID, second.ID, true, ann))
		having(domain.Filter{Comments: domain.CommentsOpen}, "")
		having(domain.Filter{Comments: domain.CommentsAny}, "a")
		say(a[0].ID, first.ID, "No, it is a cat.", ann) // opens the thread again
		if got := talk(t, s, p.ID, a[0].ID); got != "ann: Is this a cat?; - bob: A lynx.; - ann: No, it is a cat.; [bob: Too dark. by ann]" {
			t.Errorf("comments %q", got)
		}
		if c := must[domain.Comment](t)(s.EditComment(ctx, p.ID, second.ID, 0, "Too bright.")); c.Text != "Too bright." || c.EditedAt.IsZero() {
			t.Errorf("edited %+v", c)
		}
		ok(t, s.DeleteComment(ctx, p.ID, first.ID))
		if got := talk(t, s, p.ID, a[0].ID); got != "[bob: Too bright. by ann]" || exactCounts(t, s, p.ID).Discussed != 0 {
			t.Errorf("after the thread was deleted %q", got)
		}
		say(a[1].ID, "", "x", ann)
		must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{IDs: []string{a[1].ID}}, "", "ann"))
		if exactCounts(t, s, p.ID).Discussed != 0 {
			t.Error("what is said about a deleted image is counted")
		}
		must[domain.Operation](t)(s.Undo(ctx, p.ID, ""))
		if got := talk(t, s, p.ID, a[1].ID); got != "ann: x" || exactCounts(t, s, p.ID).Discussed != 1 {
			t.Errorf("after the image came back %q", got)
		}
		must[domain.Operation](t)(s.DeleteAssets(ctx, p.ID, domain.Filter{}, "", "ann"))
		if n, _, err := s.EmptyTrash(ctx, p.ID, later()); n != 2 || err != nil {
			t.Errorf("emptied %d, %v", n, err)
		}
		must[[]string](t)(s.DeleteProject(ctx, p.ID))
	})
}

func TestCommentsRefused(t *testing.T) {
	s := storetest.SQLite(t)
	p, other := project(t, s, domain.TaskSingle), project(t, s, domain.TaskSingle)
	a := addImages(t, s, p.ID, "a")[0]
	c := domain.Comment{ID: "c1", AssetID: a.ID, Text: "x", Author: ann}
	must[domain.Comment](t)(s.AddComment(ctx, p.ID, c))
	c.Text = "said again" // as when the answer was lost: it was said already
	if again := must[domain.Comment](t)(s.AddComment(ctx, p.ID, c)); again.Text != "x" || talk(t, s, p.ID, a.ID) != "ann: x" {
		t.Errorf("said twice: %+v", again)
	}
	for _, test := range []struct {
		project, asset, thread, text, code string
	}{
		{p.ID, a.ID, "", " \n", domain.CodeInvalid},
		{p.ID, a.ID, "", strings.Repeat("x", domain.MaxComment+1), domain.CodeInvalid},
		{p.ID, a.ID, "nowhere", "x", domain.CodeNotFound},
		{p.ID, "nothing", "", "x", domain.CodeNotFound},
		{other.ID, a.ID, "", "x", domain.CodeNotFound},
		{"nobody", a.ID, "", "x", domain.CodeNotFound},
	} {
		_, err := s.AddComment(ctx, test.project, domain.Comment{AssetID: test.asset, Thread: test.thread, Text: test.text})
		wantCode(t, err, test.code, "")
	}
	_, err := s.ResolveThread(ctx, other.ID, "c1", true, ann)
	wantCode(t, err, domain.CodeNotFound, "")
	_, err = s.EditComment(ctx, other.ID, "c1", 0, "y")
	wantCode(t, err, domain.CodeNotFound, "")
	wantCode(t, s.DeleteComment(ctx, other.ID, "c1"), domain.CodeNotFound, "")
}

// Labels and comments that come at the same time do not lose each other's counts.
func TestCommentsBesideLabels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := project(t, s, domain.TaskSingle)
		a := addImages(t, s, p.ID, "a", "b", "c", "d")
		var wg sync.WaitGroup
		for _, asset := range a {
			wg.Go(func() {
				if _, err := s.AddComment(ctx, p.ID, domain.Comment{AssetID: asset.ID, Text: "x", Author: ann}); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := s.WriteLabels(ctx, p.ID, set(human("cat"), asset.ID)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if c := exactCounts(t, s, p.ID); c.Discussed != 4 || c.Labelled != 4 {
			t.Errorf("counts %+v", c)
		}
	})
}
