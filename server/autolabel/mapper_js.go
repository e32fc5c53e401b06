package autolabel

import (
	"context"
	"errors"

	"github.com/irum-app/irum/server/domain"
)

// mapper has nothing in a browser, which is not sent the code that makes maps.
type mapper interface{}

func (*Service) runMap(context.Context, *job, string, domain.MapRequest) error {
	return errors.New("maps are made by servers")
}
