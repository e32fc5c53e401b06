package api

import (
	"net/http"
	"strconv"

	"github.com/irum-app/irum/server/analytics"
	"github.com/irum-app/irum/server/domain"
)

// maxDecisions is how many of the newest decisions the pace is taken from: what people do now, at a cost that does not grow.
const maxDecisions = 3000

// analytics tells how the labelling of a project goes. zone is the reader's, in minutes east of UTC.
func (s *server) analytics(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, []string{"zone"}, nil)
	if err != nil {
		return err
	}
	zone := 0
	if q.Has("zone") {
		if zone, err = strconv.Atoi(q.Get("zone")); err != nil || zone < -24*60 || zone > 24*60 {
			return domain.Errorf(domain.CodeInvalid, "A zone is minutes east of UTC, not %q.", q.Get("zone")).In("zone")
		}
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	hours, err := s.Store.LabelHours(r.Context(), p.ID)
	if err != nil {
		return err
	}
	decisions, err := s.Store.Decisions(r.Context(), p.ID, maxDecisions)
	if err != nil {
		return err
	}
	models, err := s.Store.Models(r.Context(), p.ID)
	if err != nil {
		return err
	}
	var out domain.Analytics
	out.Unit, out.Progress = analytics.Progress(hours, zone)
	if out.Progress == nil {
		out.Progress = []domain.LabelsMade{}
	}
	out.Alone, out.Assisted = analytics.Paces(decisions)
	if len(models) > 0 {
		out.Model = &models[0].Model
	}
	return writeJSON(w, http.StatusOK, out)
}
