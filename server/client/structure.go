package client

import (
	"context"
	"net/url"

	"github.com/irum-app/irum/server/domain"
)

// PreviewTask tells exactly what ChangeTask would do now.
func (c *Client) PreviewTask(ctx context.Context, project string, in domain.TaskRequest) (domain.TaskPreview, error) {
	return post[domain.TaskPreview](ctx, c, p(project)+"/task/preview", in)
}

// ChangeTask starts a job that makes a project one of another task, as one operation that UndoChange takes back.
func (c *Client) ChangeTask(ctx context.Context, project string, in domain.TaskRequest) (domain.Job, error) {
	return post[domain.Job](ctx, c, p(project)+"/task", in)
}

// PreviewMerge tells exactly what MergeClasses would do now.
func (c *Client) PreviewMerge(ctx context.Context, project string, in domain.MergeRequest) (domain.MergePreview, error) {
	return post[domain.MergePreview](ctx, c, p(project)+"/classes/merge/preview", in)
}

// MergeClasses starts a job that makes several classes one, as one operation that UndoChange takes back.
func (c *Client) MergeClasses(ctx context.Context, project string, in domain.MergeRequest) (domain.Job, error) {
	return post[domain.Job](ctx, c, p(project)+"/classes/merge", in)
}

// Changes lists what changed a project itself, newest first.
func (c *Client) Changes(ctx context.Context, project string) ([]domain.ProjectChange, error) {
	return get[[]domain.ProjectChange](ctx, c, p(project)+"/changes")
}

// UndoChange takes back one of Changes, with the labels that it changed and nobody else has since.
func (c *Client) UndoChange(ctx context.Context, project, id string) (domain.Operation, error) {
	return post[domain.Operation](ctx, c, p(project)+"/changes/"+url.PathEscape(id)+"/undo", struct{}{})
}

// RedoChange does again what UndoChange took back.
func (c *Client) RedoChange(ctx context.Context, project, id string) (domain.Operation, error) {
	return post[domain.Operation](ctx, c, p(project)+"/changes/"+url.PathEscape(id)+"/redo", struct{}{})
}
