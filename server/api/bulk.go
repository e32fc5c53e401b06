package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// keepDeleted is how long deleted images can come back.
const keepDeleted = 30 * 24 * time.Hour

// bulkDelete is the action of a bulk request that is none of a label change.
const bulkDelete = "delete"

// theBulk reads and checks a bulk request.
func (s *server) theBulk(w http.ResponseWriter, r *http.Request) (p domain.Project, in domain.BulkRequest, err error) {
	if in, err = readJSON[domain.BulkRequest](w, r); err != nil {
		return p, in, err
	}
	if p, err = s.theProject(r); err != nil {
		return p, in, err
	}
	if in.Action == bulkDelete {
		if len(in.Classes) > 0 || in.KeepLabelled || in.Flag != domain.FlagNone {
			return p, in, domain.Errorf(domain.CodeInvalid, `The action "delete" takes no classes and keeps no labels.`).In("action")
		}
		if problem := checkFilter(in.Filter); problem != nil {
			return p, in, problem
		}
		return p, in, nil
	}
	return p, in, checkRequest(p, asChange(in))
}

// asChange is a bulk request other than a deletion as a change of labels.
func asChange(in domain.BulkRequest) domain.LabelRequest {
	return domain.LabelRequest{OpID: in.OpID, Changes: []domain.LabelChange{{Filter: &in.Filter, Action: in.Action, Classes: in.Classes, Flag: in.Flag, Comment: in.Comment}}}
}

func (s *server) previewBulk(w http.ResponseWriter, r *http.Request) error {
	p, in, err := s.theBulk(w, r)
	if err != nil {
		return err
	}
	out, err := s.wouldDo(r.Context(), p, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) wouldDo(ctx context.Context, p domain.Project, in domain.BulkRequest) (out domain.BulkPreview, err error) {
	if in.Action != bulkDelete {
		b := newBatch(ctx, s.Store, p)
		b.keep = in.KeepLabelled
		if err := b.build(ctx, asChange(in).Changes); err != nil {
			return out, err
		}
		return domain.BulkPreview{Selected: b.selected, Changed: b.differ, Labelled: b.labelled}, nil
	}
	if out.Selected, err = s.Store.CountAssets(ctx, p.ID, in.Filter); err != nil {
		return out, err
	}
	out.Changed = out.Selected
	f := in.Filter
	if len(f.States) > 0 && !slices.Contains(f.States, domain.StateLabelled) {
		return out, nil
	}
	f.States = []domain.State{domain.StateLabelled}
	out.Labelled, err = s.Store.CountAssets(ctx, p.ID, f)
	return out, err
}

func (s *server) bulk(w http.ResponseWriter, r *http.Request) error {
	p, in, err := s.theBulk(w, r)
	if err != nil {
		return err
	}
	if p := ofAddress(r, in.Action); p != nil {
		return p
	}
	if in.OpID == "" {
		in.OpID = store.NewID()
	}
	job, err := s.Auto.Bulk(r.Context(), p.ID, func(ctx context.Context, tell func(string, int, int)) (domain.Operation, error) {
		tell("read", 0, 0)
		// The store counts its statements; people count images.
		write := func(n int) context.Context {
			return store.WithProgress(ctx, func(done, total int) { tell("write", n*done/max(total, 1), n) })
		}
		if in.Action == bulkDelete {
			return s.bulkDelete(ctx, write, p, in)
		}
		return s.bulkLabel(ctx, write, p, in)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}

// ofAddress tells whether a bulk action was sent to its address, whose right was asked for.
func ofAddress(r *http.Request, action string) *domain.Problem {
	_, last, _ := strings.Cut(r.Pattern, "/bulk")
	want := ""
	switch {
	case action == bulkDelete:
		want = "/delete"
	case judges(action):
		want = "/review"
	}
	if last == want {
		return nil
	}
	return domain.Errorf(domain.CodeInvalid, "The action %q does not belong to this address. Send it to bulk%s.", action, want).In("action")
}

// moved is what a bulk action ends with that would do another thing than the user was told.
func moved(want *int, got int) error {
	if want == nil || *want == got {
		return nil
	}
	return domain.Errorf(domain.CodeConflict, "This would change %d images by now, not %d. Look again before you go on.", got, *want)
}

func (s *server) bulkDelete(ctx context.Context, write func(n int) context.Context, p domain.Project, in domain.BulkRequest) (domain.Operation, error) {
	n, err := s.Store.CountAssets(ctx, p.ID, in.Filter)
	if err == nil {
		err = moved(in.Expect, n)
	}
	if err != nil {
		return domain.Operation{}, err
	}
	op, err := s.Store.DeleteAssets(write(n), p.ID, in.Filter, in.OpID, domain.ActorOf(ctx).ID)
	if err == nil {
		s.dropOld(ctx, p.ID)
	}
	return op, err
}

func (s *server) bulkLabel(ctx context.Context, write func(n int) context.Context, p domain.Project, in domain.BulkRequest) (op domain.Operation, err error) {
	for attempt := 1; ; attempt++ {
		b := newBatch(ctx, s.Store, p)
		b.keep = in.KeepLabelled
		if err := b.build(ctx, asChange(in).Changes); err != nil {
			return op, err
		}
		if err := moved(in.Expect, b.differ); err != nil {
			return op, err
		}
		op, err = s.Store.WriteLabels(write(b.differ), p.ID, store.LabelWrite{OpID: in.OpID, Kind: "bulk", Actor: domain.ActorOf(ctx).ID, Changes: b.changes, SkipConflicts: true})
		if err == nil || attempt == tries || domain.AsProblem(err).Code != domain.CodeConflict {
			return op, err
		}
	}
}

func (s *server) trash(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	t, err := s.Store.Trash(r.Context(), p.ID)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, t)
}

func (s *server) emptyTrash(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	_, freed, err := s.Store.EmptyTrash(r.Context(), p.ID, time.Now().Add(time.Minute))
	if err != nil {
		return err
	}
	s.drop(r.Context(), freed)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// dropOld removes for good what has been in the trash too long. It is done along with deletions; that it fails is no failure
// of theirs.
func (s *server) dropOld(ctx context.Context, project string) {
	_, freed, err := s.Store.EmptyTrash(context.WithoutCancel(ctx), project, time.Now().Add(-keepDeleted))
	if err != nil {
		s.Log.WarnContext(ctx, "the trash could not be emptied of what is old", "error", err)
	}
	s.drop(ctx, freed)
}
