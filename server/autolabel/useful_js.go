package autolabel

import (
	"context"

	"github.com/irum-app/irum/server/domain"
)

// useful is an order that servers give.
func (*Service) useful(context.Context, *live, domain.Project, []domain.Asset) ([]string, error) {
	return nil, domain.Errorf(domain.CodeUnsupported, "This device does not give the order %q.", domain.SortUseful).In("sort")
}
