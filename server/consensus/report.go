package consensus

import (
	"cmp"
	"slices"

	"github.com/irum-app/irum/engine/metrics"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// image is all votes about one image in one round.
type image struct {
	votes      []domain.Vote
	categories []int // of each vote, in a project of one class an image
}

// Report tells how far those agree who gave votes: of one image at a time where it has two or more in a round. Votes of classes that
// the project does not have any more are left out. Where images have many classes, Fleiss, Alpha and the kappas of pairs are means over the
// classes that they are defined for, of whether each is given; skipped images are left out of these.
func Report(p domain.Project, votes []store.VoteRecord) domain.Agreement {
	r := report{task: p.Task, at: map[string]int{}}
	for _, c := range p.Classes {
		r.at[c.ID] = len(r.classes)
		r.classes = append(r.classes, c.ID)
	}
	r.gather(votes)
	out := domain.Agreement{Images: len(r.images), Pairs: []domain.PairAgreement{}, Disputes: []domain.Dispute{}}
	for _, i := range r.images {
		out.Votes += len(i.votes)
		_, agreement, _ := Count(p.Task, labels(i.votes), false)
		out.Agreed += agreement / float64(len(r.images))
	}
	if p.Task == domain.TaskSingle {
		out.Fleiss, out.Alpha = overall(r.counts(len(r.classes)+1, func(i image, v int) int { return i.categories[v] }))
	} else {
		out.Fleiss, out.Alpha = r.means()
	}
	out.Classes = r.perClass()
	r.pairs(&out)
	return out
}

type report struct {
	task    domain.Task
	classes []string
	at      map[string]int // place in classes
	images  []image
}

// gather puts the votes, which come by image and round, together.
func (r *report) gather(votes []store.VoteRecord) {
	for len(votes) > 0 {
		n := 1
		for n < len(votes) && votes[n].AssetID == votes[0].AssetID && votes[n].Round == votes[0].Round {
			n++
		}
		var i image
		for _, v := range votes[:n] {
			known := !slices.ContainsFunc(v.Label.ClassIDs(), func(id string) bool { _, ok := r.at[id]; return !ok })
			if known && (r.task != domain.TaskSingle || v.Label.State == domain.StateSkipped || len(v.Label.Classes) == 1) {
				i.votes = append(i.votes, v.Vote)
				i.categories = append(i.categories, r.category(v.Label))
			}
		}
		votes = votes[n:]
		if len(i.votes) > 1 {
			r.images = append(r.images, i)
		}
	}
}

// category is the place of the class of l, or the one after the last for skipped.
func (r *report) category(l domain.Label) int {
	if l.State == domain.StateSkipped || len(l.Classes) == 0 {
		return len(r.classes)
	}
	return r.at[l.Classes[0].ClassID]
}

func labels(votes []domain.Vote) []domain.Label {
	out := make([]domain.Label, len(votes))
	for i, v := range votes {
		out[i] = v.Label
	}
	return out
}

// counts tells for each image how many of its votes are of which of n categories; of gives that of a vote, -1 for none.
func (r *report) counts(n int, of func(i image, vote int) int) [][]int {
	out := make([][]int, 0, len(r.images))
	for _, i := range r.images {
		row := make([]int, n)
		for v := range i.votes {
			if c := of(i, v); c >= 0 {
				row[c]++
			}
		}
		out = append(out, row)
	}
	return out
}

// given tells of a vote whether it gives the class: 1, 0, or -1 where a multi-label image was skipped.
func (r *report) given(class int) func(i image, vote int) int {
	return func(i image, v int) int {
		if r.task == domain.TaskSingle {
			return flag(i.categories[v] == class)
		}
		l := i.votes[v].Label
		if l.State == domain.StateSkipped {
			return -1
		}
		return flag(slices.Contains(l.ClassIDs(), r.classes[class]))
	}
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// overall gives Krippendorff's alpha of all, and Fleiss' kappa of those that have as many votes as most have.
func overall(counts [][]int) (fleiss, alpha *float64) {
	with := map[int][][]int{}
	most := 0
	for _, row := range counts {
		n := 0
		for _, k := range row {
			n += k
		}
		with[n] = append(with[n], row)
		if len(with[n]) > len(with[most]) || len(with[n]) == len(with[most]) && n > most {
			most = n
		}
	}
	return defined(metrics.Fleiss(with[most])), defined(metrics.Krippendorff(counts))
}

func defined(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

// mean of the values that are defined.
func mean(values []*float64) *float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if v != nil {
			sum, n = sum+*v, n+1
		}
	}
	return defined(sum/float64(max(n, 1)), n > 0)
}

// means are the measures of a multi-label project: over its classes.
func (r *report) means() (fleiss, alpha *float64) {
	var fs, as []*float64
	for c := range r.classes {
		f, a := overall(r.counts(2, r.given(c)))
		fs, as = append(fs, f), append(as, a)
	}
	return mean(fs), mean(as)
}

// perClass measures whether people agree on each class that anybody gave, the least agreed on first.
func (r *report) perClass() []domain.ClassAgreement {
	out := []domain.ClassAgreement{}
	for c := range len(r.classes) + 1 {
		a := domain.ClassAgreement{}
		if c < len(r.classes) {
			a.ClassID = r.classes[c]
		} else if r.task != domain.TaskSingle {
			break
		}
		counts := r.counts(2, r.given(c))
		for _, row := range counts {
			a.Votes += row[1]
		}
		if a.Votes == 0 {
			continue
		}
		a.Alpha = defined(metrics.Krippendorff(counts))
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b domain.ClassAgreement) int {
		switch {
		case a.Alpha == nil || b.Alpha == nil:
			return cmp.Compare(flag(a.Alpha == nil), flag(b.Alpha == nil))
		default:
			return cmp.Compare(*a.Alpha, *b.Alpha)
		}
	})
	return out
}

// pairs measures every two people who have labelled the same images.
func (r *report) pairs(out *domain.Agreement) {
	type both struct {
		a, b   domain.Actor
		images []image // with the votes of the two alone
	}
	found := map[[2]string]*both{}
	for _, i := range r.images {
		for x := range i.votes {
			for y := x + 1; y < len(i.votes); y++ {
				a, b := x, y
				if i.votes[a].By.ID > i.votes[b].By.ID {
					a, b = b, a
				}
				key := [2]string{i.votes[a].By.ID, i.votes[b].By.ID}
				if found[key] == nil {
					found[key] = &both{a: i.votes[a].By, b: i.votes[b].By}
				}
				found[key].images = append(found[key].images, image{[]domain.Vote{i.votes[a], i.votes[b]}, []int{i.categories[a], i.categories[b]}})
			}
		}
	}
	for _, f := range found {
		pair := domain.PairAgreement{A: f.a, B: f.b, Images: len(f.images)}
		for _, i := range f.images {
			if Same(i.votes[0].Label, i.votes[1].Label) {
				pair.Agreed += 1 / float64(len(f.images))
			}
		}
		of := report{r.task, r.classes, r.at, f.images}
		pair.Kappa = of.cohen()
		out.Pairs = append(out.Pairs, pair)
	}
	slices.SortFunc(out.Pairs, func(x, y domain.PairAgreement) int {
		return cmp.Or(cmp.Compare(x.A.Name, y.A.Name), cmp.Compare(x.B.Name, y.B.Name), cmp.Compare(x.A.ID, y.A.ID), cmp.Compare(x.B.ID, y.B.ID))
	})
}

// cohen is the kappa of two people, whose votes alone r has.
func (r *report) cohen() *float64 {
	if r.task == domain.TaskSingle {
		return defined(metrics.Cohen(r.answers(func(i image, v int) int { return i.categories[v] })))
	}
	var kappas []*float64
	for c := range r.classes {
		kappas = append(kappas, defined(metrics.Cohen(r.answers(r.given(c)))))
	}
	return mean(kappas)
}

// answers are the two people's categories of the images that both gave one.
func (r *report) answers(of func(i image, vote int) int) (a, b []int) {
	for _, i := range r.images {
		if x, y := of(i, 0), of(i, 1); x >= 0 && y >= 0 {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b
}
