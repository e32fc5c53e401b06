package api

import (
	"io"
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) capabilities(w http.ResponseWriter, r *http.Request) error {
	c := domain.Capabilities{
		Host: s.Host, Version: s.Version, Training: []string{}, Levels: s.Auto.Levels(), Tasks: s.Auto.Tasks(),
		Samples: s.Auto.Samples(), Threads: s.Threads, ImageThreads: max(s.ImageThreads, 1), OneThread: s.OneThread, MaxUpload: s.MaxUpload,
		BackboneFormats: s.Auto.BackboneFormats(),
	}
	for _, l := range c.Levels {
		if l.Reason == "" {
			c.Training = append(c.Training, l.ID)
		}
	}
	if s.Engine != nil {
		c.Engine = s.Engine()
	}
	if c.Samples == nil {
		c.Samples = []domain.Sample{}
	}
	if s.Team != nil {
		var err error
		if c.Accounts, err = s.Team.Accounts(r.Context()); err != nil {
			return err
		}
		c.Provider = s.Team.Provider()
	}
	return writeJSON(w, http.StatusOK, c)
}

func (s *server) credits(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Store.CreditsOf(r.Context(), domain.WorkspaceOf(r.Context()))
	if err != nil {
		return err
	}
	if c.Entries == nil {
		c.Entries = []domain.CreditEntry{}
	}
	return writeJSON(w, http.StatusOK, c)
}

func (s *server) backbones(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Auto.Backbones(r.Context())
	if err != nil {
		return err
	}
	return writeList(w, list)
}

func (s *server) addBackbone(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"name", "source"}, nil)
	if err != nil {
		return err
	}
	limit := min(s.MaxUpload, maxBackbone)
	if r.ContentLength > limit {
		return &http.MaxBytesError{Limit: limit}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return err
	}
	b, err := s.Auto.AddBackbone(r.Context(), q.Get("name"), q.Get("source"), data)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, b)
}

func (s *server) trySample(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	job, err := s.Auto.TrySample(r.Context(), r.PathValue("sample"))
	if err != nil {
		return err
	}
	s.space.sample(job.ID)
	return writeJSON(w, http.StatusAccepted, job)
}
