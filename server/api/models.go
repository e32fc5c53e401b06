package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// defaultSuspects is how many suspects one answer holds where no limit is given.
const defaultSuspects = 100

func (s *server) estimate(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.TrainRequest](w, r)
	if err != nil {
		return err
	}
	e, err := s.Auto.Estimate(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, e)
}

func (s *server) train(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.TrainRequest](w, r)
	if err != nil {
		return err
	}
	job, err := s.Auto.Train(r.Context(), r.PathValue("project"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}

func (s *server) models(w http.ResponseWriter, r *http.Request) error {
	cursor, limit, err := listPage(r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	records, more, err := s.Store.ModelsPage(r.Context(), p.ID, cursor, limit)
	if err != nil {
		return err
	}
	list := make([]domain.Model, len(records))
	for i, m := range records {
		list[i] = m.Model
		list[i].Metrics.Outcomes = nil // a line per image: only the model's own page needs it
	}
	if err := s.newer(r.Context(), p, list[:min(len(list), maxNewer)]); err != nil {
		return err
	}
	return writePage(w, r, list, more, limit, func(m domain.Model) string { return strconv.Itoa(m.Version) })
}

const (
	maxNewer      = 10     // models that are compared with the labels of now
	maxUnnumbered = 20_000 // images of a project of which labels are looked for by their time alone
)

// newer tells of models what the project p has that they have not learnt.
func (s *server) newer(ctx context.Context, p domain.Project, list []domain.Model) error {
	labels := map[string]int{} // by export
	for i := range list {
		m := &list[i]
		n := domain.Newer{}
		for _, c := range p.Classes {
			known := slices.ContainsFunc(m.Classes, func(k domain.Class) bool { return k.ID == c.ID })
			if !known && !c.Archived && p.Counts.ByClass[c.ID] > 0 {
				n.Classes = append(n.Classes, c.ID)
			}
		}
		count, ok := labels[m.ExportID]
		if !ok {
			e, err := s.Store.Export(ctx, p.ID, m.ExportID)
			if err != nil {
				if domain.AsProblem(err).Code == domain.CodeNotFound {
					continue
				}
				return err
			}
			if e.Seq > 0 || p.Counts.Assets <= maxUnnumbered {
				if count, err = s.Store.LabelledSince(ctx, p.ID, e.Seq, e.CreatedAt); err != nil {
					return err
				}
			}
			labels[m.ExportID] = count
		}
		if n.Labels = count; n.Labels > 0 || len(n.Classes) > 0 {
			m.Newer = &n
		}
	}
	return nil
}

func (s *server) model(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Store.Model(r.Context(), r.PathValue("project"), r.PathValue("model"))
	if err != nil {
		return err
	}
	if m.Checks, err = s.Auto.SpotChecks(r.Context(), m.Model); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m.Model)
}

func (s *server) deleteModel(w http.ResponseWriter, r *http.Request) error {
	freed, err := s.Store.DeleteModel(r.Context(), r.PathValue("project"), r.PathValue("model"))
	if err != nil {
		return err
	}
	s.drop(r.Context(), freed)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) modelFile(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Store.Model(r.Context(), r.PathValue("project"), r.PathValue("model"))
	if err != nil || fresh(w, r, m.SHA256) {
		return err
	}
	data, name, err := s.Auto.ModelFile(r.Context(), m.ProjectID, m.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", disposition(name))
	return writeFile(w, "application/octet-stream", data)
}

func (s *server) apply(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.ApplyRequest](w, r)
	if err != nil {
		return err
	}
	if p := checkFilterField(in.Filter); p != nil {
		return p
	}
	if !share(in.MinConfidence) {
		return domain.Errorf(domain.CodeInvalid, "A confidence is a number from 0 to 1.").In("min_confidence")
	}
	job, err := s.Auto.Apply(r.Context(), r.PathValue("project"), r.PathValue("model"), in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}

func (s *server) jobs(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	list, err := s.Auto.Jobs(r.Context(), p.ID)
	if err != nil {
		return err
	}
	return writeList(w, list)
}

func (s *server) job(w http.ResponseWriter, r *http.Request) error {
	job, err := s.Auto.Job(r.Context(), r.PathValue("job"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, job)
}

func (s *server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	return s.steerJob(w, r, s.Auto.Cancel)
}

func (s *server) pauseJob(w http.ResponseWriter, r *http.Request) error {
	return s.steerJob(w, r, s.Auto.Pause)
}

func (s *server) resumeJob(w http.ResponseWriter, r *http.Request) error {
	return s.steerJob(w, r, s.Auto.Resume)
}

// steerJob is for who started the job, and for managers.
func (s *server) steerJob(w http.ResponseWriter, r *http.Request, do func(context.Context, string) (domain.Job, error)) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	id, c := r.PathValue("job"), CallerOf(r.Context())
	if job, err := s.Auto.Job(r.Context(), id); err != nil {
		return err
	} else if job.Actor != c.ID && !c.May(domain.WorkspaceOf(r.Context()), domain.RightManage) {
		return domain.Errorf(domain.CodeForbidden, "Somebody else started this. Ask them, or a manager.")
	}
	job, err := do(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, job)
}

func (s *server) suspects(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"limit"}, nil)
	if err != nil {
		return err
	}
	limit := defaultSuspects
	if q.Has("limit") {
		if limit, err = strconv.Atoi(q.Get("limit")); err != nil || limit < 0 || limit > maxPage {
			return domain.Errorf(domain.CodeInvalid, "The limit is a number from 0 to %d, not %q.", maxPage, q.Get("limit")).In("limit")
		}
	}
	list, err := s.Auto.Suspects(r.Context(), r.PathValue("project"), r.PathValue("model"), limit)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, list)
}
