package session

import (
	"bytes"
	"context"
	"slices"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// ActionAccount tells that Me or SignedOut has changed.
const ActionAccount = "account-changed"

// Me is who uses the server, nil until that is known or while nobody has signed in.
var Me *domain.Me

// SignedOut says that the server asks to sign in.
var SignedOut bool

// OnSignedOut is called, from any goroutine, when the server refuses a request because nobody has signed in, or does not know
// the session any more. The frame sets it.
var OnSignedOut = func() {}

// Signed keeps who has signed in; nil is nobody.
func Signed(me *domain.Me) { Me, SignedOut = me, me == nil }

// Team tells whether the page is at a place where people sign in.
func Team() bool { return Now.Place == platform.Server && Me != nil && !Me.Local && !Me.Visitor }

// MayIn tells whether the person has a right in a workspace of the server.
func MayIn(workspace string, right domain.Right) bool {
	if Me == nil || Me.Local {
		return true
	}
	for _, m := range Me.Workspaces {
		if m.Workspace == workspace {
			return slices.Contains(m.Rights, right)
		}
	}
	return false
}

// May tells whether the person has a right in the project that is looked at. What they may not is not offered; that it is
// refused is the server's to see to.
func May(right domain.Right) bool {
	return Now.Place != platform.Server || Project == nil || MayIn(Project.Workspace, right)
}

// Visits tells whether a demo's project is looked at.
func Visits() bool { return Now.Place == platform.Server && Me != nil && Me.Visitor }

// OnlyLooks tells that labels are shown to the person, and not theirs to change.
func OnlyLooks() bool { return !May(domain.RightLabel) }

// MayReview tells whether the person judges the labels of others. Somebody alone has nobody to judge.
func MayReview() bool { return Team() && May(domain.RightReview) }

// watched tells of answers that nobody has signed in.
type watched struct{ client.Transport }

// Do implements client.Transport.
func (w watched) Do(ctx context.Context, req client.Request) (client.Response, error) {
	res, err := w.Transport.Do(ctx, req)
	w.look(res, err)
	return res, err
}

// Stream implements client.Streamer.
func (w watched) Stream(ctx context.Context, path, after string, each func([]byte)) (client.Response, error) {
	t, ok := w.Transport.(client.Streamer)
	if !ok {
		return client.Response{}, client.ErrNoEvents
	}
	res, err := t.Stream(ctx, path, after, each)
	w.look(res, err)
	return res, err
}

func (w watched) look(res client.Response, err error) {
	if err == nil && res.Status == 401 && bytes.Contains(res.Body, []byte(`"`+domain.CodeSignedOut+`"`)) {
		OnSignedOut()
	}
}
