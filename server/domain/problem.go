package domain

import (
	"errors"
	"fmt"
	"net/http"
)

// Problem is an error in the shape of RFC 9457, and the only error type that crosses the API. Code is stable and is what
// the UI translates; Detail is English and says what was wrong, where, and what to do.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	// RetryAfter is in how many seconds to try again, 0 where that is not known. It is the header Retry-After too.
	RetryAfter int `json:"retry_after,omitempty"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// Problem codes with their HTTP status.
const (
	CodeInvalid     = "invalid"     // 422
	CodeNotFound    = "not_found"   // 404
	CodeConflict    = "conflict"    // 409
	CodeForbidden   = "forbidden"   // 403
	CodeTooLarge    = "too_large"   // 413
	CodeUnsupported = "unsupported" // 415
	CodeNoCredits   = "no_credits"  // 402
	CodeCancelled   = "cancelled"   // 499
	CodeUnavailable = "unavailable" // 503
	CodeInternal    = "internal"    // 500
	CodeNoRight     = "no_right"    // 403: the role does not allow it
	CodeSignedOut   = "signed_out"  // 401: this needs an account
	CodeWrongLogin  = "wrong_login" // 401: no account has this address and password
	CodeTooMany     = "too_many"    // 429: RetryAfter says when it may be tried again
	CodeStale       = "stale"       // 412: it is not any more what If-Match names
	CodeStorage     = "storage"     // 507: the disk is full, or cannot be written to
)

var statuses = map[string]int{
	CodeInvalid: 422, CodeNotFound: 404, CodeConflict: 409, CodeForbidden: 403, CodeTooLarge: 413,
	CodeUnsupported: 415, CodeNoCredits: 402, CodeCancelled: 499, CodeUnavailable: 503, CodeInternal: 500,
	CodeNoRight: 403, CodeSignedOut: 401, CodeWrongLogin: 401, CodeTooMany: 429, CodeStale: 412, CodeStorage: 507,
}

// Errorf makes a Problem of a code and an English detail.
func Errorf(code, format string, args ...any) *Problem {
	status := statuses[code]
	title := http.StatusText(status)
	if title == "" {
		title = code
	}
	return &Problem{Type: "about:blank", Title: title, Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// In names the field that the problem is about.
func (p *Problem) In(field string) *Problem {
	p.Field = field
	return p
}

// AsProblem gives the Problem inside err, one of CodeStorage where err says that nothing can be kept, or an internal one that
// tells nothing of err's text.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	if err != nil {
		if p = asStorage(err); p != nil {
			return p
		}
	}
	return Errorf(CodeInternal, "Something went wrong inside Irum. The log has the details.")
}
