//go:build !js

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/irum-app/irum/server/consensus"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// queueRoutes are the addresses of shared work: images that are handed out one by one, votes, gold images.
func (s *server) queueRoutes() []Route {
	const project = "/api/projects/{project}"
	return []Route{
		{"GET " + project + "/queue", Label, s.queueStatus},
		{"PUT " + project + "/queue", Manage, s.setQueue},
		{"POST " + project + "/queue/lease", Label, s.lease},
		{"POST " + project + "/queue/release", Label, s.release},
		{"POST " + project + "/queue/answers", Label, s.answerQueue},
		{"POST " + project + "/queue/undo", Label, s.undoAnswer},
		{"POST " + project + "/queue/assign", Manage, s.assign},
		{"POST " + project + "/queue/withdraw", Manage, s.withdraw},
		{"GET " + project + "/agreement", Review, s.agreement},
		{"GET " + project + "/gold", Manage, s.gold},
		{"POST " + project + "/gold", Manage, s.markGold},
	}
}

// queueKey is where the settings of a project's queue are kept.
func queueKey(project string) string { return "queue/" + project }

func (s *server) queueSettings(ctx context.Context, project string) (domain.QueueSettings, error) {
	out := domain.DefaultQueue()
	text, known, err := s.Store.Setting(ctx, queueKey(project))
	if err != nil || !known {
		return out, err
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return out, fmt.Errorf("settings of the queue of project %s: %w", project, err)
	}
	return out, nil
}

func (s *server) setQueue(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.QueueSettings](w, r)
	if err != nil {
		return err
	}
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	if problem := domain.CheckQueue(p.Task, in); problem != nil {
		return problem
	}
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if err := s.Store.SetSetting(r.Context(), queueKey(p.ID), string(text)); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, in)
}

// queueStatus tells everybody how far the queue is and what is theirs, and managers what is whose.
func (s *server) queueStatus(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	out := domain.QueueStatus{}
	if out.Settings, err = s.queueSettings(ctx, p.ID); err != nil {
		return err
	}
	people, unqueued, err := s.Store.QueueCounts(ctx, p.ID)
	if err != nil {
		return err
	}
	c := CallerOf(ctx)
	out.Unqueued, out.Mine.Person = unqueued, domain.ActorOf(ctx)
	for _, v := range people {
		out.Waiting, out.Held, out.Done = out.Waiting+v.Waiting, out.Held+v.Held, out.Done+v.Done
		if v.Person.ID == c.ID {
			out.Mine = v
		}
	}
	if _, out.Disputed, err = s.Store.BallotCounts(ctx, p.ID); err != nil {
		return err
	}
	if c.May(domain.WorkspaceOf(ctx), domain.RightManage) {
		out.People = people
		if err := s.addGold(ctx, p.ID, &out); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// addGold tells how people did on gold images.
func (s *server) addGold(ctx context.Context, project string, out *domain.QueueStatus) error {
	answers, err := s.Store.GoldAnswers(ctx, project)
	if err != nil {
		return err
	}
	right, answered := map[string]int{}, map[string]int{}
	for _, a := range answers {
		answered[a.Actor]++
		if consensus.Same(a.Answer, a.Truth) {
			right[a.Actor]++
		}
	}
	for i := range out.People {
		if who := out.People[i].Person.ID; answered[who] > 0 {
			score := consensus.Gold(right[who], answered[who])
			out.People[i].Gold = &score
		}
	}
	_, out.Gold, err = s.Store.Gold(ctx, project, 1)
	return err
}

func (s *server) lease(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.LeaseRequest](w, r)
	if err != nil {
		return err
	}
	if in.N < 0 || in.N > domain.MaxLease {
		return domain.Errorf(domain.CodeInvalid, "A person holds at most %d images at a time, not %d.", domain.MaxLease, in.N).In("n")
	}
	ctx := r.Context()
	p, err := s.theProject(r)
	if err != nil {
		return err
	}
	q, err := s.queueSettings(ctx, p.ID)
	if err != nil {
		return err
	}
	who := domain.ActorOf(ctx).ID
	var out domain.QueueBatch
	share := q.GoldShare
	if p.Task == domain.TaskBoxes {
		share = 0 // whether boxes are right is no yes or no
	}
	out.Items, err = s.Store.Lease(ctx, p.ID, store.Lease{
		Actor: who, N: in.N, GoldShare: share, Until: s.leaseEnd(q), Auto: q.Auto, Labellers: q.Labellers,
	})
	if err == nil {
		out.Blind, err = s.Store.Compared(ctx, p.ID, who, share > 0)
	}
	if err == nil {
		out.Done, err = s.Store.AnsweredBy(ctx, p.ID, who)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *server) leaseEnd(q domain.QueueSettings) time.Time {
	return s.Store.Now().Add(time.Duration(q.Minutes) * time.Minute)
}

func (s *server) release(w http.ResponseWriter, r *http.Request) error {
	if _, err := readJSON[struct{}](w, r); err != nil {
		return err
	}
	if err := s.Store.Release(r.Context(), r.PathValue("project"), domain.ActorOf(r.Context()).ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) assign(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.AssignRequest](w, r)
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
	if in.Priority < 0 || in.Priority > domain.MaxPriority {
		return domain.Errorf(domain.CodeInvalid, "A priority is 0 to %d, not %d.", domain.MaxPriority, in.Priority).In("priority")
	}
	if problem := domain.CheckLabellers(p.Task, in.Labellers); problem != nil {
		return problem
	}
	if err := s.checkAssignee(r, p, in.Assignee); err != nil {
		return err
	}
	n, err := s.Store.Assign(r.Context(), p.ID, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, domain.Counted{N: n})
}

// checkAssignee tells whether images can be given to a person: they must be able to label them.
func (s *server) checkAssignee(r *http.Request, p domain.Project, who string) error {
	if who == "" || CallerOf(r.Context()).Local && who == domain.LocalUser {
		return nil
	}
	m, err := s.Store.Member(r.Context(), p.Workspace, who)
	if err != nil && domain.AsProblem(err).Code != domain.CodeNotFound {
		return err
	}
	if err != nil || !m.Role.May(domain.RightLabel) {
		return domain.Errorf(domain.CodeInvalid, "There is no member %q of this workspace who may label.", who).In("assignee")
	}
	return nil
}

func (s *server) withdraw(w http.ResponseWriter, r *http.Request) error {
	in, err := readJSON[domain.WithdrawRequest](w, r)
	if err != nil {
		return err
	}
	n, err := s.Store.Withdraw(r.Context(), r.PathValue("project"), in.Assignee)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, domain.Counted{N: n})
}
