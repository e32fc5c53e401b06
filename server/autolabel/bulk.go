package autolabel

import (
	"context"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// restEvery is how often a bulk job lets others in.
const restEvery = 60 * time.Millisecond

// Here runs do as a job of this process alone, at once: for what computes little. do tells how far it is.
func (s *Service) Here(ctx context.Context, project, kind string, do func(ctx context.Context, tell func(phase string, done, total int)) error) (domain.Job, error) {
	return s.start(ctx, work{kind: kind, project: project, run: func(ctx context.Context, j *job) error { return do(ctx, j.restful()) }})
}

// restful is j.progress for work that would keep others waiting where there is one thread.
func (j *job) restful() func(phase string, done, total int) {
	rested := time.Now()
	return func(phase string, done, total int) {
		j.progress(phase, done, total)
		if time.Since(rested) > restEvery {
			breathe()
			rested = time.Now()
		}
	}
}

// Bulk runs change as a job of its own, at once: it computes little. What it writes can be followed and cancelled while it is
// being written. change tells how far it is and gives the operation that it was.
func (s *Service) Bulk(ctx context.Context, project string, change func(ctx context.Context, tell func(phase string, done, total int)) (domain.Operation, error)) (domain.Job, error) {
	return s.start(ctx, work{kind: "bulk", project: project, unsaved: true, run: func(ctx context.Context, j *job) error {
		op, err := change(ctx, j.restful())
		if ctx.Err() != nil && err != nil {
			return ctx.Err() // a database tells of it in words of its own
		}
		if err == nil {
			op.Assets = nil
			j.update(func(n *domain.Job) { n.Operation = &op })
		}
		return err
	}})
}
