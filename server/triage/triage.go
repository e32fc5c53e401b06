// Package triage tells which images of a project may be of little use: blurred, dark, over-exposed, blank, tiny, narrow, or nearly the same as
// another one. The numbers that tell it are measured when an image is imported (engine/vision); here they are held against the
// project's limits.
package triage

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"time"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/transfer"
)

// refusedShown is how many imports are named that refused files.
const refusedShown = 5

// measuredAtOnce is how many images are measured before it is kept.
const measuredAtOnce = 64

// Service is the triage of all projects.
type Service struct {
	Store    *store.Store
	Transfer *transfer.Service
}

// Report counts the images of a project by issue, at the limits that it has. With since only those are counted that were imported then or
// later, and duplicates where one of the two was.
func (s *Service) Report(ctx context.Context, project string, since time.Time) (domain.Triage, error) {
	limits, err := s.Store.Limits(ctx, project)
	if err != nil {
		return domain.Triage{}, err
	}
	rows, err := s.Store.TriageRows(ctx, project)
	if err != nil {
		return domain.Triage{}, err
	}
	out := report(rows, limits, since)
	out.Refused, err = s.Store.RefusedImports(ctx, project, refusedShown)
	return out, err
}

func report(rows []domain.Asset, limits domain.Limits, since time.Time) (out domain.Triage) {
	fresh := func(i int) bool { return !rows[i].CreatedAt.Before(since) }
	issues := map[domain.Issue]*domain.IssueSummary{}
	out.Issues = make([]domain.IssueSummary, len(domain.Issues))
	for k, issue := range domain.Issues {
		scale := domain.Scales[issue]
		out.Issues[k] = domain.IssueSummary{
			Issue: issue, Limit: limits.Of(issue), Default: scale.Default, Min: scale.Min, Max: scale.Max, Step: scale.Step, Below: scale.Below,
		}
		if issue != domain.IssueDuplicate {
			out.Issues[k].Bars = make([]int, (scale.Max-scale.Min)/scale.Step+1)
		}
		issues[issue] = &out.Issues[k]
	}
	copies := store.Copies(rows, limits.Of(domain.IssueDuplicate))
	for i, a := range rows {
		duplicate := copies[i] != i && (fresh(i) || fresh(copies[i]))
		if duplicate {
			issues[domain.IssueDuplicate].Count++
		}
		if !fresh(i) {
			continue
		}
		out.Images++
		if a.Measures == nil {
			out.Unmeasured++
		}
		has := duplicate
		for _, issue := range domain.Issues {
			value, known := a.Measure(issue)
			if !known {
				continue
			}
			of, scale := issues[issue], domain.Scales[issue]
			of.Bars[min(max((value-scale.Min)/scale.Step, 0), len(of.Bars)-1)]++
			if scale.Has(value, of.Limit) {
				of.Count++
				has = true
			}
		}
		if has {
			out.Any++
		}
	}
	return out
}

// Images gives the images of an issue from place offset on, limit at most: worst first, duplicates by the image that they are like.
func (s *Service) Images(ctx context.Context, project string, issue domain.Issue, offset, limit int) (out domain.IssueImages, err error) {
	limits, err := s.Store.Limits(ctx, project)
	if err != nil {
		return out, err
	}
	rows, err := s.Store.TriageRows(ctx, project)
	if err != nil {
		return out, err
	}
	found := ofIssue(rows, limits, issue)
	out.Total = len(found)
	found = found[min(offset, len(found)):]
	found = found[:min(limit, len(found))]
	var ids []string
	for _, f := range found {
		ids = append(ids, rows[f.at].ID, rows[f.kept].ID)
	}
	whole, err := s.Store.AssetsByID(ctx, project, ids)
	if err != nil {
		return out, err
	}
	out.Items = make([]domain.IssueImage, 0, len(found))
	for _, f := range found {
		a, there := whole[rows[f.at].ID]
		if !there { // it was deleted this moment
			continue
		}
		image := domain.IssueImage{Asset: a, Value: f.value}
		if kept, there := whole[rows[f.kept].ID]; there && f.kept != f.at {
			image.Kept = &kept
		}
		out.Items = append(out.Items, image)
	}
	return out, nil
}

// finding is a row that has an issue. kept is the row that it is a copy of, or itself.
type finding struct{ at, kept, value int }

func ofIssue(rows []domain.Asset, limits domain.Limits, issue domain.Issue) (found []finding) {
	limit := limits.Of(issue)
	if issue == domain.IssueDuplicate {
		for i, of := range store.Copies(rows, limit) {
			if of != i {
				found = append(found, finding{i, of, apart(rows[i], rows[of])})
			}
		}
		slices.SortStableFunc(found, func(a, b finding) int { return cmp.Or(cmp.Compare(a.kept, b.kept), cmp.Compare(a.value, b.value)) })
		return found
	}
	scale := domain.Scales[issue]
	for i, a := range rows {
		if value, known := a.Measure(issue); known && scale.Has(value, limit) {
			found = append(found, finding{i, i, value})
		}
	}
	slices.SortStableFunc(found, func(a, b finding) int {
		if scale.Below {
			return cmp.Compare(a.value, b.value)
		}
		return cmp.Compare(b.value, a.value)
	})
	return found
}

// apart is how many bits the difference hashes of a and b differ in.
func apart(a, b domain.Asset) int {
	x, _ := strconv.ParseUint(a.DHash, 16, 64)
	y, _ := strconv.ParseUint(b.DHash, 16, 64)
	return bits.OnesCount64(x ^ y)
}

// Measure measures the images of a project that were not, and tells how far it is. An image whose
// thumbnail cannot be read stays unmeasured.
func (s *Service) Measure(ctx context.Context, project string, tell func(done, total int)) error {
	total, err := s.Store.CountUnmeasured(ctx, project)
	if err != nil {
		return err
	}
	done := 0
	for after := int64(0); ; {
		var assets []domain.Asset
		if assets, after, err = s.Store.Unmeasured(ctx, project, after, measuredAtOnce); err != nil || len(assets) == 0 {
			return err
		}
		found := make(map[string]domain.Measures, len(assets))
		for _, a := range assets {
			m, err := s.measure(ctx, a)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				found[a.ID] = m
			}
			done++
			tell(done, max(total, done))
		}
		if err := s.Store.SetMeasures(ctx, project, found); err != nil {
			return err
		}
	}
}

func (s *Service) measure(ctx context.Context, a domain.Asset) (domain.Measures, error) {
	thumb, _, err := s.Transfer.Thumb(ctx, a)
	if err != nil {
		return domain.Measures{}, fmt.Errorf("thumbnail of %s: %w", a.Name, err)
	}
	return transfer.Measure(thumb)
}
