package autolabel

import (
	"context"
	"errors"

	"github.com/irum-app/irum/server/domain"
)

// errNoBoxes says what a browser cannot do: the code that finds boxes is not sent to it.
var errNoBoxes = errors.New("boxes are learnt and found by servers")

func (*Service) findsBoxes() bool { return false }

func (*training) runBoxes(context.Context, *job) error { return errNoBoxes }

func (*applying) findBoxes(context.Context, *job, []domain.Asset) error { return errNoBoxes }

// SuggestBoxes is what servers do.
func (*Service) SuggestBoxes(context.Context, string, string, string) (domain.BoxSuggestions, error) {
	return domain.BoxSuggestions{}, domain.Errorf(domain.CodeUnsupported, "%v", errNoBoxes)
}

// Tighten is what servers do.
func (*Service) Tighten(context.Context, string, string, domain.TightenRequest) (domain.Tightened, error) {
	return domain.Tightened{}, domain.Errorf(domain.CodeUnsupported, "%v", errNoBoxes)
}

func (*Service) boxSeconds(context.Context, *plan) (float64, error) { return 0, errNoBoxes }
