package api

import (
	"context"
	"net/http"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

func (s *server) previewTask(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.TaskRequest](w, r)
	if err != nil {
		return err
	}
	out, err := s.Store.PreviewTask(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) changeTask(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.TaskRequest](w, r)
	if err != nil {
		return err
	}
	project := r.PathValue("project")
	if _, err := s.Store.PreviewTask(r.Context(), project, in); err != nil && in.OpID == "" {
		return err // what is wrong is told at once, not by a job
	}
	if in.OpID == "" {
		in.OpID = store.NewID()
	}
	return s.restructure(w, r, func(ctx context.Context) (domain.Operation, error) { return s.Store.ChangeTask(ctx, project, in) })
}

func (s *server) previewMerge(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.MergeRequest](w, r)
	if err != nil {
		return err
	}
	out, err := s.Store.PreviewMerge(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) mergeClasses(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.MergeRequest](w, r)
	if err != nil {
		return err
	}
	project := r.PathValue("project")
	if _, err := s.Store.PreviewMerge(r.Context(), project, in); err != nil {
		return err
	}
	if in.OpID == "" {
		in.OpID = store.NewID()
	}
	return s.restructure(w, r, func(ctx context.Context) (domain.Operation, error) { return s.Store.MergeClasses(ctx, project, in) })
}

// restructure runs a change of a project, which may be one of all its labels, as a job that can be followed and cancelled.
func (s *server) restructure(w http.ResponseWriter, r *http.Request, change func(context.Context) (domain.Operation, error)) error {
	job, err := s.Auto.Bulk(r.Context(), r.PathValue("project"), func(ctx context.Context, tell func(string, int, int)) (domain.Operation, error) {
		tell("read", 0, 0)
		return change(store.WithProgress(ctx, func(done, total int) { tell("write", done, total) }))
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}

func (s *server) changes(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Store.Changes(r.Context(), r.PathValue("project"))
	if err != nil {
		return err
	}
	return writeList(w, list)
}

func (s *server) undoChange(w http.ResponseWriter, r *http.Request) error {
	return s.turnChange(w, r, s.Store.UndoChange)
}

func (s *server) redoChange(w http.ResponseWriter, r *http.Request) error {
	return s.turnChange(w, r, s.Store.RedoChange)
}

func (s *server) turnChange(w http.ResponseWriter, r *http.Request, turn func(ctx context.Context, project, op string) (domain.Operation, error)) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	op, err := turn(r.Context(), r.PathValue("project"), r.PathValue("change"))
	if err != nil {
		return err
	}
	op.Assets = nil // all of them may have changed
	return writeJSON(w, http.StatusOK, op)
}
