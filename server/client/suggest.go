package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/irum-app/irum/server/domain"
)

// Suggest asks what the head that learns along with the labels says of some images. Asking begins it.
func (c *Client) Suggest(ctx context.Context, project string, in domain.SuggestRequest) (domain.Suggestions, error) {
	return post[domain.Suggestions](ctx, c, p(project)+"/suggestions", in)
}

// SuggestBoxes asks what a model of boxes, the project's newest for "", finds in an image.
func (c *Client) SuggestBoxes(ctx context.Context, project, asset, model string) (domain.BoxSuggestions, error) {
	return get[domain.BoxSuggestions](ctx, c, p(project)+"/assets/"+url.PathEscape(asset)+"/boxes?model="+url.QueryEscape(model))
}

// Tighten asks for the object that a rough box in an image is meant for.
func (c *Client) Tighten(ctx context.Context, project, asset string, in domain.TightenRequest) (domain.Tightened, error) {
	return post[domain.Tightened](ctx, c, p(project)+"/assets/"+url.PathEscape(asset)+"/tighten", in)
}

// Propose asks for at most limit boxes in an image that may hold something, of no class; no model is needed.
func (c *Client) Propose(ctx context.Context, project, asset string, limit int) (domain.Proposals, error) {
	return get[domain.Proposals](ctx, c, p(project)+"/assets/"+url.PathEscape(asset)+"/proposals?limit="+strconv.Itoa(limit))
}

// Suggests tells whether suggestions are on in a project.
func (c *Client) Suggests(ctx context.Context, project string) (bool, error) {
	out, err := get[struct{ On bool }](ctx, c, p(project)+"/suggestions")
	return out.On, err
}

// SetSuggests switches the suggestions of a project on or off, for everybody.
func (c *Client) SetSuggests(ctx context.Context, project string, on bool) error {
	return c.call(ctx, "PUT", p(project)+"/suggestions", map[string]bool{"on": on}, nil)
}

// AssetIDsLike is AssetIDs by similarity: most like the asset to first, which is the first itself.
func (c *Client) AssetIDsLike(ctx context.Context, project string, f domain.Filter, to string) ([]string, error) {
	return c.AssetIDsBy(ctx, project, f, domain.SortSimilarity, to)
}

// AssetIDsBy is AssetIDs in any order: to is the asset that SortSimilarity compares with, and of no meaning for others.
func (c *Client) AssetIDsBy(ctx context.Context, project string, f domain.Filter, sort, to string) ([]string, error) {
	if sort != domain.SortSimilarity {
		return c.AssetIDs(ctx, project, f, sort)
	}
	q := FilterQuery(f)
	q.Set("sort", sort)
	q.Set("to", to)
	return get[[]string](ctx, c, p(project)+"/asset-ids?"+q.Encode())
}

// Useful asks for the images whose labels would teach the most.
func (c *Client) Useful(ctx context.Context, project string) (domain.UsefulBatch, error) {
	return post[domain.UsefulBatch](ctx, c, p(project)+"/useful", struct{}{})
}

// Saving asks how many labels the queue of useful images has spared.
func (c *Client) Saving(ctx context.Context, project string) (domain.Saving, error) {
	return get[domain.Saving](ctx, c, p(project)+"/saving")
}
