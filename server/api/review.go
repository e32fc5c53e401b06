package api

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

// judges tells whether an action is a reviewer's.
func judges(action string) bool { return domain.VerdictOf(action) != domain.VerdictNone }

// review writes verdicts as one operation, as label writes labels.
func (s *server) review(w http.ResponseWriter, r *http.Request) error { return s.write(w, r, true) }

// checkComment tells whether the comment fits the action.
func checkComment(c domain.LabelChange) *domain.Problem {
	switch {
	case c.Comment != "" && !judges(c.Action):
		return domain.Errorf(domain.CodeInvalid, "The action %q takes no comment.", c.Action).In("comment")
	case utf8.RuneCountInString(c.Comment) > domain.MaxComment:
		return domain.Errorf(domain.CodeInvalid, "A comment has at most %d characters.", domain.MaxComment).In("comment")
	}
	return nil
}

// judged is label now with the verdict of c.
func (b *batch) judged(now domain.Label, c domain.LabelChange) (domain.Label, bool) {
	next := now.Judged(domain.Review{Verdict: domain.VerdictOf(c.Action), Comment: c.Comment, By: b.reviewer, At: time.Now().UTC().Truncate(time.Millisecond)})
	return next, !domain.SameLabel(now, next)
}
