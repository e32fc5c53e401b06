package client

import (
	"context"

	"github.com/irum-app/irum/server/domain"
)

// Map starts a job that lays images out in the plane; the map has the job's id.
func (c *Client) Map(ctx context.Context, project string, in domain.MapRequest) (domain.Job, error) {
	return once[domain.Job](ctx, c, p(project)+"/map", in)
}

// ImageMap gives the map of a project.
func (c *Client) ImageMap(ctx context.Context, project string) (domain.ImageMap, error) {
	return get[domain.ImageMap](ctx, c, p(project)+"/map")
}

// MapStanding tells how the images of the map stand now, with judged also what a head says of them.
func (c *Client) MapStanding(ctx context.Context, project string, judged bool) (domain.MapStanding, error) {
	path := p(project) + "/map/standing"
	if judged {
		path += "?judged=true"
	}
	return get[domain.MapStanding](ctx, c, path)
}
