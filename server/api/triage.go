package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/triage"
)

// maxOffset keeps nonsense out of the arithmetic of places in a list.
const maxOffset = 100_000_000

func (s *server) checks() *triage.Service {
	return &triage.Service{Store: s.Store, Transfer: s.Transfer}
}

// triage counts the images of a project by issue: all of them, or those that came since an import began.
func (s *server) triage(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"import"}, nil)
	if err != nil {
		return err
	}
	p, seq, err := s.Store.LabelSeq(r.Context(), r.PathValue("project"))
	if err != nil || unchanged(w, r, s.projectTag(p, seq)) {
		return err
	}
	var since time.Time
	if id := q.Get("import"); id != "" {
		record, err := s.Store.Import(r.Context(), p.ID, id)
		if err != nil {
			return err
		}
		since = record.CreatedAt
	}
	out, err := s.checks().Report(r.Context(), p.ID, since)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// issueImages lists the images of an issue, worst first.
func (s *server) issueImages(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"issue", "offset", "limit"}, nil)
	if err != nil {
		return err
	}
	issue := domain.Issue(q.Get("issue"))
	if p := domain.CheckIssue(issue); p != nil {
		return p
	}
	limit, err := pageLimit(q)
	if err != nil {
		return err
	}
	offset := 0
	if q.Has("offset") {
		if offset, err = strconv.Atoi(q.Get("offset")); err != nil || offset < 0 || offset > maxOffset {
			return domain.Errorf(domain.CodeInvalid, "An offset is a number from 0 on, not %q.", q.Get("offset")).In("offset")
		}
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	out, err := s.checks().Images(r.Context(), p.ID, issue, offset, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// setLimits keeps the limits of a project's issues and answers what they find.
func (s *server) setLimits(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.Limits](w, r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	if err := s.Store.SetLimits(r.Context(), p.ID, in); err != nil {
		return err
	}
	out, err := s.checks().Report(r.Context(), p.ID, time.Time{})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// measureImages starts to measure what came before images were measured.
func (s *server) measureImages(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	job, err := s.Auto.Here(r.Context(), p.ID, "measure", func(ctx context.Context, tell func(string, int, int)) error {
		return s.checks().Measure(ctx, p.ID, func(done, total int) { tell("measure", done, total) })
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, job)
}
