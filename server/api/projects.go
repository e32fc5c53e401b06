package api

import (
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) projects(w http.ResponseWriter, r *http.Request) error {
	cursor, limit, err := listPage(r)
	if err != nil {
		return err
	}
	c := CallerOf(r.Context())
	place := func(p domain.Project) string { return domain.ListCursor(p.CreatedAt, p.ID) }
	var list []domain.Project
	for more := true; more && len(list) <= limit; {
		var page []domain.Project
		if page, more, err = s.Store.ProjectsPage(r.Context(), cursor, domain.MaxList); err != nil {
			return err
		}
		for _, p := range page {
			cursor = place(p)
			if c.May(p.Workspace, domain.RightView) {
				list = append(list, p)
			}
		}
	}
	return writePage(w, r, list[:min(len(list), limit)], len(list) > limit, limit, place)
}

func (s *server) createProject(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.Project](w, r)
	if err != nil {
		return err
	}
	switch in.Task {
	case domain.TaskSingle, domain.TaskMulti, domain.TaskBoxes:
	default:
		return domain.Errorf(domain.CodeInvalid, "There is no task %q. Use single, multi or boxes.", in.Task).In("task")
	}
	p, err := s.Store.CreateProject(r.Context(), domain.Project{Workspace: domain.WorkspaceOf(r.Context()), Name: in.Name, Task: in.Task, Classes: in.Classes})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, p)
}

// theProject is the project that r's path names.
func (s *server) theProject(r *http.Request) (domain.Project, error) {
	return s.Store.Project(r.Context(), r.PathValue("project"))
}

func (s *server) project(w http.ResponseWriter, r *http.Request) error {
	p, seq, err := s.Store.LabelSeq(r.Context(), r.PathValue("project"))
	if err != nil || unchanged(w, r, s.projectTag(p, seq)) {
		return err
	}
	return writeJSON(w, http.StatusOK, p)
}

func (s *server) updateProject(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.Project](w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("project")
	if in.ID != "" && in.ID != id {
		return domain.Errorf(domain.CodeInvalid, "The address names project %q, the body %q.", id, in.ID).In("id")
	}
	in.ID = id
	now, err := s.theProject(r)
	if err != nil {
		return err
	}
	asked, err := ifMatch(r, now.Rev)
	if err != nil {
		return err
	}
	if asked && in.Rev == 0 {
		in.Rev = now.Rev
	}
	p, err := s.Store.UpdateProject(r.Context(), in)
	if err != nil {
		return staleOf(asked, err)
	}
	w.Header().Set("ETag", etag(p.Rev))
	return writeJSON(w, http.StatusOK, p)
}

// deleteProject first stops the project's jobs, so that none writes into what is going away.
func (s *server) deleteProject(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	jobs, err := s.Auto.Jobs(r.Context(), p.ID)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.State.Open() {
			if _, err := s.Auto.Cancel(r.Context(), j.ID); err != nil {
				return err
			}
		}
	}
	freed, err := s.Store.DeleteProject(r.Context(), p.ID)
	if err != nil {
		return err
	}
	s.drop(r.Context(), freed)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
