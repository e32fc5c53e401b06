package gallery

import "github.com/irum-app/irum/server/domain"

// selection is which images are chosen. Its ids stay chosen when the grid shows others.
type selection struct {
	ids    map[string]bool
	anchor int // where a range begins: the cell that was last chosen or walked to
}

func (s *selection) count() int { return len(s.ids) }

func (s *selection) has(id string) bool { return s.ids[id] }

func (s *selection) clear() { s.ids = nil }

// toggle chooses cell i of list or lets it go, and begins ranges there.
func (s *selection) toggle(list []string, i int) {
	if i < 0 || i >= len(list) {
		return
	}
	if s.ids[list[i]] {
		delete(s.ids, list[i])
	} else {
		s.put(list[i])
	}
	s.anchor = i
}

// extend makes the range from where it began to cell i the selection, in place of the range up to from.
func (s *selection) extend(list []string, from, i int) {
	if len(list) == 0 {
		return
	}
	s.anchor = clamp(s.anchor, 0, len(list)-1)
	for k := min(s.anchor, from); k <= max(s.anchor, from) && k < len(list); k++ {
		delete(s.ids, list[k])
	}
	for k := min(s.anchor, i); k <= max(s.anchor, i) && k < len(list); k++ {
		s.put(list[k])
	}
}

// all chooses every id of list.
func (s *selection) all(list []string) {
	s.ids = make(map[string]bool, len(list))
	for _, id := range list {
		s.ids[id] = true
	}
}

func (s *selection) drop(id string) { delete(s.ids, id) }

func (s *selection) put(id string) {
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	s.ids[id] = true
}

// filter selects on the host what is chosen: by the grid's own filter where all that it shows is chosen, else by ids in
// the order of list.
func (s *selection) filter(list []string, shown domain.Filter) domain.Filter {
	ids := make([]string, 0, len(s.ids))
	for _, id := range list {
		if s.ids[id] {
			ids = append(ids, id)
		}
	}
	if len(ids) == len(s.ids) && len(ids) == len(list) && len(shown.IDs) == 0 && len(ids) > manyIDs {
		return shown
	}
	if len(ids) < len(s.ids) { // some were chosen under another filter
		listed := make(map[string]bool, len(ids))
		for _, id := range ids {
			listed[id] = true
		}
		for id := range s.ids {
			if !listed[id] {
				ids = append(ids, id)
			}
		}
	}
	return domain.Filter{IDs: ids}
}

// manyIDs is from where on a filter is sent instead of the ids that it selects.
const manyIDs = 5000
