package outbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/app/session"
	"github.com/irum-app/irum/server/domain"
)

var (
	boxes   = map[string]*Box{}
	boxesMu sync.Mutex
	// tab sets apart what the tabs of one browser keep: none writes over another's list.
	tab = rand.Text()
	// onChange is told whenever something in any box has changed.
	onChange func()
)

const prefix = "outbox/"

func boxKey(place platform.Place, project string) string {
	return prefix + string(place) + "/" + project + "/"
}

// Of gives the box of a project.
func Of(place platform.Place, project string) *Box {
	boxesMu.Lock()
	defer boxesMu.Unlock()
	key := boxKey(place, project)
	if b := boxes[key]; b != nil {
		return b
	}
	b := &Box{Place: place, Project: project, kick: make(chan struct{}, 1)}
	b.send = func(ctx context.Context, x Write) (domain.Operation, error) {
		return send(ctx, session.ClientOf(place), project, x)
	}
	b.look = func(ctx context.Context, asset string) (domain.Asset, error) {
		return session.ClientOf(place).Asset(ctx, project, asset)
	}
	k := &keeper{key: key + tab}
	b.keep, b.atRisk = k.keep, k.atRisk
	boxes[key] = b
	return b
}

// keeper writes a list into the browser's storage, the newest one only where several have come meanwhile.
type keeper struct {
	key string

	mu      sync.Mutex
	data    []byte
	waiting bool
	writing bool
	lost    bool // the storage does not take it
}

func (k *keeper) keep(list []Write) {
	if platform.Current == nil {
		return
	}
	var data []byte
	if len(list) > 0 {
		data, _ = json.Marshal(list) // plain structs always encode
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.data, k.waiting = data, true
	if !k.writing {
		k.writing = true
		go k.write()
	}
}

func (k *keeper) write() {
	for {
		k.mu.Lock()
		if !k.waiting {
			k.writing = false
			k.mu.Unlock()
			return
		}
		data := k.data
		k.waiting = false
		k.mu.Unlock()
		err := platform.Current.Keep(context.Background(), k.key, data)
		k.mu.Lock()
		k.lost = err != nil && data != nil
		k.mu.Unlock()
	}
}

// atRisk tells whether what is to be kept is not, or not yet.
func (k *keeper) atRisk() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.writing || k.lost
}

// AtRisk tells whether something would be lost if the page went now.
func AtRisk() bool {
	for _, b := range All() {
		if b.atRisk != nil && b.atRisk() {
			return true
		}
	}
	return false
}

// Resume goes on with what earlier visits, or tabs that were closed, have left; changed is told from now on whenever something
// in any box changes. Of what another tab is sending at the same time the host does each action once.
func Resume(ctx context.Context, changed func()) {
	onChange = changed
	if platform.Current == nil {
		return
	}
	kept, err := platform.Current.Kept(ctx, prefix)
	if err != nil {
		return
	}
	for key, data := range kept {
		parts := strings.Split(key, "/")
		var list []Write
		if len(parts) != 4 || parts[3] == tab || json.Unmarshal(data, &list) != nil {
			continue
		}
		Of(platform.Place(parts[1]), parts[2]).takeOver(list)
		_ = platform.Current.Keep(ctx, key, nil)
	}
}

// takeOver puts what was left before what has been done since.
func (b *Box) takeOver(left []Write) {
	b.mu.Lock()
	list := []Write{}
	for _, x := range left {
		if b.at(x) < 0 {
			x.Late = true
			list = append(list, x)
		}
	}
	b.list = append(list, b.list...)
	b.keep(b.list)
	b.start()
	b.mu.Unlock()
	changed()
}

func changed() {
	if onChange != nil {
		onChange()
	}
}

// All are the boxes that hold something, in a fixed order.
func All() []*Box {
	boxesMu.Lock()
	defer boxesMu.Unlock()
	var keys []string
	for key, b := range boxes {
		if n, _ := b.State(); n > 0 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out := make([]*Box, len(keys))
	for i, key := range keys {
		out[i] = boxes[key]
	}
	return out
}
