package domain

import "context"

// LocalUser is the id of the one user of a host without accounts: the device, a server for one person, the command line.
const LocalUser = "you"

// VisitorUser is the id of everybody who looks at a demo without an account.
const VisitorUser = "visitor"

// Actor is who acts: an account's id with the name that others see, or LocalUser without a name.
type Actor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type actorKey struct{}

// WithActor gives a context in which a acts. Requests have it from the guard of the API, jobs from the request that
// started them.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is who acts in ctx: LocalUser where nobody is named.
func ActorOf(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{ID: LocalUser}
}
