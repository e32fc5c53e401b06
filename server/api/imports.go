package api

import (
	"net/http"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

const maxPath = 4096 // bytes of an imported file's path

func (s *server) startImport(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[client.ImportOptions](w, r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	report, err := s.Transfer.StartAs(r.Context(), p.ID, in.Labels, in.VOC)
	if err != nil {
		return err
	}
	return writeReport(w, http.StatusCreated, report)
}

// importFile hands the body on as it arrives; it is never held here.
func (s *server) importFile(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"path"}, nil)
	if err != nil {
		return err
	}
	path := q.Get("path")
	if path == "" || len(path) > maxPath {
		return domain.Errorf(domain.CodeInvalid, "Name the file by the parameter path, of 1 to %d bytes.", maxPath).In("path")
	}
	if r.ContentLength > s.MaxUpload {
		return &http.MaxBytesError{Limit: s.MaxUpload}
	}
	body := http.MaxBytesReader(w, r.Body, s.MaxUpload)
	defer s.space.arriving()()
	report, err := s.Transfer.File(r.Context(), r.PathValue("project"), r.PathValue("import"), path, body)
	if err != nil {
		return err
	}
	return writeReport(w, http.StatusOK, report)
}

func (s *server) finishImport(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	report, err := s.Transfer.Finish(r.Context(), r.PathValue("project"), r.PathValue("import"))
	if err != nil {
		return err
	}
	return writeReport(w, http.StatusOK, report)
}

// theImport answers how far an import is.
func (s *server) theImport(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r, nil, nil); err != nil {
		return err
	}
	report, err := s.Transfer.Report(r.Context(), r.PathValue("project"), r.PathValue("import"))
	if err != nil {
		return err
	}
	return writeReport(w, http.StatusOK, report)
}

// importLines answers all that an import refused, or noted, page by page.
func (s *server) importLines(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"kind", "cursor", "limit"}, nil)
	if err != nil {
		return err
	}
	kind := q.Get("kind")
	if kind != "refused" && kind != "notes" {
		return domain.Errorf(domain.CodeInvalid, "Ask for the lines of the kind refused or notes, not %q.", kind).In("kind")
	}
	limit, err := pageLimit(q)
	if err != nil {
		return err
	}
	lines, next, err := s.Store.ImportLines(r.Context(), r.PathValue("project"), r.PathValue("import"), kind == "notes", q.Get("cursor"), limit)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, domain.ImportLines{Items: lines, NextCursor: next})
}

func writeReport(w http.ResponseWriter, status int, report domain.ImportReport) error {
	if report.Refused == nil {
		report.Refused = []domain.Refusal{}
	}
	return writeJSON(w, status, report)
}
