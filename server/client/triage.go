package client

import (
	"context"
	"fmt"
	"net/url"

	"github.com/irum-app/irum/server/domain"
)

// Triage counts the images of a project by issue: all of them, or with an import those that came since it began.
func (c *Client) Triage(ctx context.Context, project, imported string) (domain.Triage, error) {
	path := p(project) + "/triage"
	if imported != "" {
		path += "?import=" + url.QueryEscape(imported)
	}
	return get[domain.Triage](ctx, c, path)
}

// IssueImages lists the images of an issue from place offset on, limit at most, worst first.
func (c *Client) IssueImages(ctx context.Context, project string, issue domain.Issue, offset, limit int) (domain.IssueImages, error) {
	return get[domain.IssueImages](ctx, c, fmt.Sprintf("%s/triage/images?issue=%s&offset=%d&limit=%d", p(project), url.QueryEscape(string(issue)), offset, limit))
}

// SetLimits keeps the limits of a project's issues and answers what they find.
func (c *Client) SetLimits(ctx context.Context, project string, limits domain.Limits) (domain.Triage, error) {
	var out domain.Triage
	err := c.call(ctx, "PUT", p(project)+"/triage/limits", limits, &out)
	return out, err
}

// MeasureImages starts a job that measures what came before images were measured.
func (c *Client) MeasureImages(ctx context.Context, project string) (domain.Job, error) {
	return once[domain.Job](ctx, c, p(project)+"/triage/measure", struct{}{})
}
