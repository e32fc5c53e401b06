package clusters

import (
	"context"
	"crypto/rand"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/app/ui"
	"github.com/irum-app/irum/server/domain"
)

// step is one thing that was done to the groups, and how it is taken back here. Labels are an operation of the project besides.
type step struct {
	op   string
	back func()
}

// sending is a label on its way.
type sending struct {
	group   *group
	request domain.LabelRequest
}

func labelRequest(task domain.Task, ids []string, class string) domain.LabelRequest {
	change := domain.LabelChange{Filter: &domain.Filter{IDs: ids}, Action: "set", Classes: []string{class}}
	if task == domain.TaskMulti {
		change.Action = "add"
	}
	// The id of the operation makes sending it twice do it once.
	return domain.LabelRequest{Changes: []domain.LabelChange{change}, OpID: rand.Text()}
}

// label gives a class to what is ticked of the current group, and goes on to the next group: what is sent is not waited for.
func (s *Screen) label(_ app.Context, class domain.Class) {
	g := s.current()
	if g == nil {
		return
	}
	ids := g.target(s.open)
	if len(ids) == 0 {
		return
	}
	s.queue = append(s.queue, sending{g, labelRequest(session.Project.Task, ids, class.ID)})
	if len(s.queue) == 1 {
		s.send()
	}
	s.given(g, class, ids)
	s.pass(g)
}

// given makes the screen show a label before the server has it.
func (s *Screen) given(g *group, class domain.Class, ids []string) {
	g.passed = true
	for _, id := range ids {
		delete(s.open, id)
		a := s.known[id]
		a.Label.State, a.Label.Classes = domain.StateLabelled, []domain.ClassScore{{ClassID: class.ID}}
		s.known[id] = a
	}
}

// pass goes on from a group that is done with; where all are, to what is left.
func (s *Screen) pass(g *group) {
	if s.current() != g {
		return
	}
	to := nextOpen(s.rows, s.at, s.open)
	if to == s.at {
		s.focus("cluster-rest")
		return
	}
	s.move(to)
}

// send sends the first label that waits: one at a time, so that the newest operation is the one that was given last.
func (s *Screen) send() {
	of := s.queue[0]
	c, project := session.Client(), s.project
	session.Do(s.ctx, func(ctx context.Context) (domain.Operation, error) { return c.Label(ctx, project, of.request) },
		func(ctx app.Context, o domain.Operation, err error) {
			s.queue = s.queue[1:]
			if err != nil {
				of.group.passed = false
				ui.ToastError(ctx, err)
				s.refresh()
			} else {
				s.done(ctx, of.group, o)
			}
			switch {
			case len(s.queue) > 0:
				s.send()
			case s.undoing:
				s.undoing = false
				s.undo()
			case s.again:
				s.again = false
				s.regroup(ctx)
			}
		})
}

// done keeps an operation for undo. Nothing pops up for it: the row and the counts tell, and who names a group a second would see nothing else.
func (s *Screen) done(ctx app.Context, g *group, o domain.Operation) {
	s.steps = append(s.steps, step{o.ID, func() {
		g.passed = false
		s.goTo(g)
	}})
	session.ProjectChanged(ctx)
}

// leave goes on without a label, or takes a group that was left out in again.
func (s *Screen) leave(app.Context) {
	g := s.current()
	if g == nil {
		return
	}
	if g.passed = !g.passed; g.passed {
		s.steps = append(s.steps, step{"", func() { g.passed = false; s.goTo(g) }})
		s.pass(g)
	}
}

// undo takes back the last thing that was done here; before that, the project's newest operation.
func (s *Screen) undo() {
	if len(s.queue) > 0 {
		s.undoing = true
		return
	}
	n := len(s.steps)
	if n == 0 {
		ui.Undo(s.ctx, s.project, "", s.refresh)
		return
	}
	last := s.steps[n-1]
	s.steps = s.steps[:n-1]
	if last.op == "" {
		last.back()
		return
	}
	ui.Undo(s.ctx, s.project, last.op, func() {
		last.back()
		s.refresh()
	})
}

// rearrange puts other groups in the place of n of them, as one step of undo.
func (s *Screen) rearrange(at, n int, by ...*group) {
	before := s.rows
	s.steps = append(s.steps, step{"", func() {
		s.rows = before
		s.move(at)
	}})
	s.rows = spliced(s.rows, at, n, by...)
	s.move(at)
}
