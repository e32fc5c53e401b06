package api

import (
	"bufio"
	"net/http"

	"github.com/irum-app/irum/server/domain"
)

func (s *server) exports(w http.ResponseWriter, r *http.Request) error {
	cursor, limit, err := listPage(r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	list, more, err := s.Store.ExportsPage(r.Context(), p.ID, cursor, limit)
	if err != nil {
		return err
	}
	return writePage(w, r, list, more, limit, func(e domain.Export) string { return domain.ListCursor(e.CreatedAt, e.ID) })
}

func (s *server) createExport(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		Name   string        `json:"name"`
		Filter domain.Filter `json:"filter"`
	}](w, r)
	if err != nil {
		return err
	}
	if p := checkFilterField(in.Filter); p != nil {
		return p
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	e, err := s.Transfer.CreateExport(r.Context(), p.ID, in.Name, in.Filter)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, e)
}

// download streams an export. What goes wrong in the first bytes is answered as a problem, later the answer breaks off.
func (s *server) download(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"format", "voc"}, nil)
	if err != nil {
		return err
	}
	d, err := s.Transfer.Download(r.Context(), r.PathValue("project"), r.PathValue("export"), q.Get("format"), domain.VOC(q.Get("voc")))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", d.ContentType)
	h.Set("Content-Disposition", disposition(d.Filename))
	h.Set("Cache-Control", "private, no-cache")
	buffered := bufio.NewWriterSize(w, 64<<10)
	if err := d.Write(r.Context(), buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// checkExport tells what a format does not hold of an export, before it is downloaded.
func (s *server) checkExport(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"format", "voc"}, nil)
	if err != nil {
		return err
	}
	c, err := s.Transfer.Check(r.Context(), r.PathValue("project"), r.PathValue("export"), q.Get("format"), domain.VOC(q.Get("voc")))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, c)
}
