package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

const (
	maxSavedFilters = 200
	maxSavedIDs     = 5000 // images that one of them may name
	maxFilterName   = 100
)

// SavedFilters lists the filters that are kept for a project, by name.
func (s *Store) SavedFilters(ctx context.Context, project string) ([]domain.SavedFilter, error) {
	if _, err := s.project(ctx, project); err != nil {
		return nil, err
	}
	out, err := collect(ctx, s.db, scanJSON[domain.SavedFilter], "SELECT data FROM saved_filters WHERE project_id = ? ORDER BY fold", project)
	if err != nil {
		return nil, fmt.Errorf("list saved filters: %w", err)
	}
	return out, nil
}

// SaveFilter keeps f under its id, new or in place of what has that id. CodeConflict in the field name when another filter
// has the name, whatever its case.
func (s *Store) SaveFilter(ctx context.Context, project string, f domain.SavedFilter) (domain.SavedFilter, error) {
	return s.SaveFilterIf(ctx, project, f, func(int64) error { return nil })
}

// SaveFilterIf is SaveFilter that gives what may says of the rev that is there, 0 where there is no such filter, when it is no
// nil. CodeConflict in the field rev when somebody else saved it at the same moment.
func (s *Store) SaveFilterIf(ctx context.Context, project string, f domain.SavedFilter, may func(rev int64) error) (domain.SavedFilter, error) {
	f.ID, f.Name = clean(f.ID), strings.TrimSpace(clean(f.Name))
	switch n := utf8.RuneCountInString(f.Name); {
	case f.ID == "" || len(f.ID) > 100:
		return f, domain.Errorf(domain.CodeInvalid, "A saved filter needs an id of 1 to 100 bytes.").In("id")
	case n == 0 || n > maxFilterName:
		return f, domain.Errorf(domain.CodeInvalid, "A saved filter needs a name of 1 to %d characters.", maxFilterName).In("name")
	case len(f.Filter.IDs) > maxSavedIDs:
		return f, domain.Errorf(domain.CodeInvalid, "A saved filter names at most %d images, not %d.", maxSavedIDs, len(f.Filter.IDs)).In("filter.ids")
	}
	if err := domain.CheckFilter(f.Filter); err != nil {
		return f, err
	}
	all, err := s.SavedFilters(ctx, project)
	if err != nil {
		return f, err
	}
	f.CreatedAt, f.Rev = s.now(), 1
	before := domain.SavedFilter{}
	fresh := true
	for _, old := range all {
		if old.ID == f.ID {
			before, f.CreatedAt, f.Rev, fresh = old, old.CreatedAt, old.Rev+1, false
		} else if fold(old.Name) == fold(f.Name) {
			return f, filterNameTaken(f.Name)
		}
	}
	if fresh && len(all) >= maxSavedFilters {
		return f, domain.Errorf(domain.CodeInvalid, "A project keeps at most %d filters. Delete one first.", maxSavedFilters)
	}
	if err := may(before.Rev); err != nil {
		return f, err
	}
	text, err := jsonText(f)
	if err != nil {
		return f, err
	}
	n, err := s.db.Exec(ctx, `INSERT INTO saved_filters (project_id, id, fold, data, rev) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (project_id, id) DO UPDATE SET fold = excluded.fold, data = excluded.data, rev = excluded.rev
		WHERE saved_filters.rev = ?`, project, f.ID, fold(f.Name), text, f.Rev, before.Rev)
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "unique") { // somebody took the name in between
		return f, filterNameTaken(f.Name)
	}
	if err != nil {
		return f, fmt.Errorf("save filter: %w", err)
	}
	if n == 0 {
		return f, domain.Errorf(domain.CodeConflict, "The filter %q was saved by somebody else at the same moment. Try again.", f.Name).In("rev")
	}
	return f, nil
}

func filterNameTaken(name string) error {
	return domain.Errorf(domain.CodeConflict, "There is a filter of the name %q already. Choose another name.", name).In("name")
}

// DeleteSavedFilter removes a filter; one that is not there is none either afterwards.
func (s *Store) DeleteSavedFilter(ctx context.Context, project, id string) error {
	if _, err := s.db.Exec(ctx, "DELETE FROM saved_filters WHERE project_id = ? AND id = ?", project, id); err != nil {
		return fmt.Errorf("delete saved filter: %w", err)
	}
	return nil
}
