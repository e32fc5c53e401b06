package outbox

import (
	"context"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Conflict is a label that a person gave while the host was away and that somebody else has changed meanwhile.
type Conflict struct {
	Asset, Name  string
	Mine, Theirs domain.Label
}

// compare looks at what the label of a late write is on the host. Where that says what the user saw, or what they made of it,
// nobody's work is in the way, and x may go; else it waits for a choice.
func (b *Box) compare(ctx context.Context, x Write) error {
	a, err := b.look(ctx, x.Asset)
	if err != nil {
		return err
	}
	b.mu.Lock()
	if i := b.at(x); i >= 0 {
		b.list[i].Name = a.Name
		if says(a.Label, x.Before) || says(a.Label, x.After) {
			b.list[i].Before = a.Label
		} else {
			theirs := a.Label
			b.list[i].Theirs = &theirs
		}
		b.failure = nil
		b.keep(b.list)
	}
	told := b.told
	b.mu.Unlock()
	if told != nil {
		told()
	}
	changed()
	return nil
}

// says tells whether two labels mean the same, whoever gave them.
func says(x, y domain.Label) bool {
	state := func(l domain.Label) domain.State {
		if l.State == "" {
			return domain.StateUnlabelled
		}
		return l.State
	}
	class := func(p, q domain.ClassScore) bool { return p.ClassID == q.ClassID }
	box := func(p, q domain.Box) bool {
		return p.ClassID == q.ClassID && p.X == q.X && p.Y == q.Y && p.W == q.W && p.H == q.H
	}
	return state(x) == state(y) && x.Flag == y.Flag && slices.EqualFunc(x.Classes, y.Classes, class) && slices.EqualFunc(x.Boxes, y.Boxes, box)
}

// Conflicts lists what waits for a choice, an image once: what the user's last action would make of it.
func (b *Box) Conflicts() []Conflict {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Conflict
	for _, x := range b.list {
		if x.Theirs == nil {
			continue
		}
		c := Conflict{Asset: x.Asset, Name: x.Name, Mine: x.After, Theirs: *x.Theirs}
		for _, later := range b.list {
			if later.Asset == x.Asset {
				c.Mine = later.After
			}
		}
		out = append(out, c)
	}
	return out
}

// Resolve ends the conflict of an image: what the user did is written over what is there (mine), or let go.
func (b *Box) Resolve(asset string, mine bool) {
	b.mu.Lock()
	var list []Write
	for _, x := range b.list {
		switch {
		case x.Asset != asset:
		case !mine:
			continue
		case x.Theirs != nil:
			x.Before, x.Theirs = *x.Theirs, nil
		}
		list = append(list, x)
	}
	b.list = list
	b.keep(b.list)
	b.start()
	told := b.told
	b.mu.Unlock()
	if told != nil {
		told()
	}
	changed()
}

// TakeBack undoes an operation that waits here, the newest that is not undone when op is "", and gives its writes, oldest first;
// none where there is no such operation.
func (b *Box) TakeBack(op string) []Write {
	b.mu.Lock()
	var writes []Write
	for i := len(b.list) - 1; i >= 0; i-- {
		x := b.list[i]
		switch {
		case x.Undo || (op != "" && x.Op != op):
		case slices.ContainsFunc(b.list[i:], func(y Write) bool { return y.Undo && y.Op == x.Op }):
		default:
			op = x.Op
			writes = append(writes, x)
		}
	}
	b.mu.Unlock()
	if len(writes) == 0 {
		return nil
	}
	slices.Reverse(writes)
	undo := Write{Op: op, Undo: true}
	if len(writes) == 1 {
		undo.Asset, undo.Name, undo.Before, undo.After = writes[0].Asset, writes[0].Name, writes[0].After, writes[0].Before
	}
	b.Add(undo)
	return writes
}
