package api

import (
	"sync"

	"github.com/irum-app/irum/server/store"
)

// keptOrders is how many judged orders are remembered for later pages; one of 100,000 assets takes 4 MB.
const keptOrders = 8

// orders remembers judged orders whose first page was answered: labels and embeddings move an order all the time, and pages
// of two orders would miss some assets and repeat others.
type orders struct {
	mu   sync.Mutex
	kept []order // the oldest first
}

type order struct {
	id, project string
	ids         []string
}

// keep remembers ids under a new name.
func (o *orders) keep(project string, ids []string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.kept) == keptOrders {
		o.kept = append([]order(nil), o.kept[1:]...)
	}
	id := store.NewID()
	o.kept = append(o.kept, order{id, project, ids})
	return id
}

// find gives what was kept, or nil where it is forgotten.
func (o *orders) find(project, id string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.kept {
		if k.id == id && k.project == project {
			return k.ids
		}
	}
	return nil
}
