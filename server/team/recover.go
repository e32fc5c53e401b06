package team

import (
	"context"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// Recover gives the account of an address a new password, which it answers, and signs it out everywhere. It is for whoever has
// the server's data: nothing is sent by mail, so that somebody who lost a password has no other way back.
func Recover(ctx context.Context, st *store.Store, email string, c Cost) (domain.User, string, error) {
	u, err := st.UserByEmail(ctx, email)
	if err != nil {
		return domain.User{}, "", err
	}
	password := newToken()[:24]
	hash, err := newHasher(c).hash(ctx, password)
	if err != nil {
		return domain.User{}, "", err
	}
	if err := st.SetPassword(ctx, u.ID, hash); err != nil {
		return domain.User{}, "", err
	}
	return u.User, password, st.DeleteSessions(ctx, u.ID, "")
}
