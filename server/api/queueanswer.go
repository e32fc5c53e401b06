//go:build !js

package api

import (
	"net/http"

	"github.com/irum-app/irum/server/consensus"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// count is how votes are counted in a project.
func count(task domain.Task, q domain.QueueSettings) store.Count {
	return func(votes []domain.Label) (domain.Label, float64, bool) {
		return consensus.Count(task, votes, q.Unanimous)
	}
}

// answerQueue takes a labeller's answer. What it becomes, a label, a vote or a measure of the labeller, is not told.
func (s *server) answerQueue(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.QueueAnswer](w, r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	switch {
	case in.Change.Action != "set" && in.Change.Action != "skip" && in.Change.Action != "flag":
		return domain.Errorf(domain.CodeInvalid, "The action %q is no answer. Use set, skip or flag.", in.Change.Action).In("change.action")
	case in.Change.AssetID == "" || in.Change.Rev != nil:
		return domain.Errorf(domain.CodeInvalid, "An answer names one image, and no rev.").In("change.asset")
	}
	if problem := checkRequest(p, domain.LabelRequest{OpID: in.OpID, Changes: []domain.LabelChange{in.Change}}); problem != nil {
		return problem
	}
	q, err := s.queueSettings(r.Context(), p.ID)
	if err != nil {
		return err
	}
	b := newBatch(r.Context(), s.Store, p)
	a := store.Answer{OpID: in.OpID, Asset: in.Change.AssetID, Actor: domain.ActorOf(r.Context()).ID, Count: count(p.Task, q)}
	if in.Change.Effort != nil {
		a.Effort = *in.Change.Effort
	}
	a.Label = func(own domain.Asset) (domain.Label, error) {
		next, _, problem := b.next(own, own.Label, in.Change)
		if problem != nil {
			return next, problem.In("change." + problem.Field)
		}
		if next.State == domain.StateUnlabelled {
			return next, domain.Errorf(domain.CodeInvalid, "That says nothing of the image. Undo the answer to take it back.").In("change.flag")
		}
		return next, nil
	}
	op, err := s.Store.Answer(r.Context(), p.ID, a)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}

func (s *server) undoAnswer(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[struct {
		Op string `json:"op"`
	}](w, r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	if in.Op == "" {
		return domain.Errorf(domain.CodeInvalid, "Name the answer that is to be taken back.").In("op")
	}
	q, err := s.queueSettings(r.Context(), p.ID)
	if err != nil {
		return err
	}
	op, err := s.Store.UndoAnswer(r.Context(), p.ID, in.Op, domain.ActorOf(r.Context()).ID, s.leaseEnd(q), count(p.Task, q))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, op)
}

// agreement tells reviewers how far labellers agree, and what they do not agree on.
func (s *server) agreement(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	votes, err := s.Store.Votes(r.Context(), p.ID)
	if err != nil {
		return err
	}
	out := consensus.Report(p, votes)
	if out.Open, out.Disputed, err = s.Store.BallotCounts(r.Context(), p.ID); err != nil {
		return err
	}
	if out.Disputes, err = s.Store.Disputes(r.Context(), p.ID, domain.MaxDisputes); err != nil {
		return err
	}
	for i := range out.Disputes {
		d := &out.Disputes[i]
		labels := make([]domain.Label, len(d.Votes))
		for k, v := range d.Votes {
			labels[k] = v.Label
		}
		d.Proposal = consensus.Proposal(p.Task, labels)
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) gold(w http.ResponseWriter, r *http.Request) error {
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	var out domain.GoldList
	if out.Items, out.Total, err = s.Store.Gold(r.Context(), p.ID, domain.MaxGoldListed); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) markGold(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.GoldRequest](w, r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	if problem := checkFilterField(in.Filter); problem != nil {
		return problem
	}
	if p.Task == domain.TaskBoxes {
		return domain.Errorf(domain.CodeInvalid, "Boxes are not compared with gold images: whether they are right is no yes or no.").In("filter")
	}
	n, err := s.Store.MarkGold(r.Context(), p.ID, in.Filter, in.Off)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, domain.Counted{N: n})
}
