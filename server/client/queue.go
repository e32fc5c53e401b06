package client

import (
	"context"

	"github.com/irum-app/irum/server/domain"
)

// Queue tells how the shared work of a project goes. Hosts of one user have none (domain.CodeNotFound).
func (c *Client) Queue(ctx context.Context, project string) (domain.QueueStatus, error) {
	return get[domain.QueueStatus](ctx, c, p(project)+"/queue")
}

// SetQueue says how images are handed out.
func (c *Client) SetQueue(ctx context.Context, project string, in domain.QueueSettings) error {
	return c.call(ctx, "PUT", p(project)+"/queue", in, nil)
}

// Lease asks for images of the queue until n are held, and renews the hold of those that are. Without n it renews alone.
func (c *Client) Lease(ctx context.Context, project string, n int) (domain.QueueBatch, error) {
	return post[domain.QueueBatch](ctx, c, p(project)+"/queue/lease", domain.LeaseRequest{N: n})
}

// Release gives back what is held.
func (c *Client) Release(ctx context.Context, project string) error {
	return c.call(ctx, "POST", p(project)+"/queue/release", struct{}{}, nil)
}

// Answer gives an answer about an image that is held.
func (c *Client) Answer(ctx context.Context, project string, in domain.QueueAnswer) (domain.Operation, error) {
	return post[domain.Operation](ctx, c, p(project)+"/queue/answers", in)
}

// UndoAnswer takes an answer back.
func (c *Client) UndoAnswer(ctx context.Context, project, op string) (domain.Operation, error) {
	return post[domain.Operation](ctx, c, p(project)+"/queue/undo", map[string]string{"op": op})
}

// Assign puts images into the queue and tells how many.
func (c *Client) Assign(ctx context.Context, project string, in domain.AssignRequest) (int, error) {
	out, err := post[domain.Counted](ctx, c, p(project)+"/queue/assign", in)
	return out.N, err
}

// Withdraw takes what waits for a person, or for everybody where assignee is "", out of the queue.
func (c *Client) Withdraw(ctx context.Context, project, assignee string) (int, error) {
	out, err := post[domain.Counted](ctx, c, p(project)+"/queue/withdraw", domain.WithdrawRequest{Assignee: assignee})
	return out.N, err
}

// Agreement tells how far those who labelled the same images agree.
func (c *Client) Agreement(ctx context.Context, project string) (domain.Agreement, error) {
	return get[domain.Agreement](ctx, c, p(project)+"/agreement")
}

// Gold lists the gold images of a project.
func (c *Client) Gold(ctx context.Context, project string) (domain.GoldList, error) {
	return get[domain.GoldList](ctx, c, p(project)+"/gold")
}

// MarkGold makes images gold, or (off) ordinary again, and tells how many changed.
func (c *Client) MarkGold(ctx context.Context, project string, f domain.Filter, off bool) (int, error) {
	out, err := post[domain.Counted](ctx, c, p(project)+"/gold", domain.GoldRequest{Filter: f, Off: off})
	return out.N, err
}
