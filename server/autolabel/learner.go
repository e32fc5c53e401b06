package autolabel

import (
	"cmp"
	"context"
	"math/bits"
	"runtime"
	"slices"
	"time"

	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// fillChunk is how many images a head learns at a time when it catches up: some ten milliseconds of them.
var fillChunk = map[bool]int{false: 8, true: 2}[runtime.GOOS == "js"]

// learner is what the loop of a live head knows. Nothing but the loop touches it.
type learner struct {
	backbone  backboneFile
	multi     bool
	rev       int64 // of the project whose classes these are
	known     map[string]*lesson
	counts    []int
	dirty     map[string]bool // ids of images whose lesson may not be what the head holds
	base      int             // images that the head began with
	blocked   bool            // by a job
	broken    bool            // the last step failed
	ahead     int64           // sequence number up to which images were embedded ahead
	aheadDone bool
	loaded    bool
	strange   bool     // a label names a class that was made since: load again
	others    []string // images without a label, by SHA-256: they tell how far features spread
}

// lesson is one labelled image.
type lesson struct {
	asset   domain.Asset
	label   []int
	at      time.Time
	hash    uint64
	textual bool // the hash says something
	group   string
}

// learnable tells whether there are enough labels.
func (l *live) learnable() bool { return len(l.ready()) >= l.least() }

// least is how many classes must have enough labels.
func (l *live) least() int {
	if l.multi {
		return 1
	}
	return 2
}

// ready lists the classes that have enough labels.
func (l *learner) ready() (out []int) {
	for c, n := range l.counts {
		if n >= domain.MinSuggest && (!l.multi || len(l.known)-n >= domain.MinSuggest) {
			out = append(out, c)
		}
	}
	return out
}

// sync takes in labels that were written since.
func (l *live) sync(ctx context.Context) (bool, error) {
	l.mu.Lock()
	moved, sought, seq := l.moved, l.sought, l.seq
	l.moved = nil
	l.mu.Unlock()
	if !l.loaded {
		return true, l.load(ctx)
	}
	var ids []string
	added := false
	for _, m := range moved {
		switch {
		case m.To <= seq:
		case m.From != seq:
			return true, l.load(ctx)
		default:
			ids, seq = append(ids, m.Assets...), m.To
			added = added || len(m.Assets) == 0
		}
	}
	if sought > seq { // somebody else has written
		return true, l.load(ctx)
	}
	if len(ids) == 0 && seq == l.seqNow() {
		return false, nil
	}
	if added {
		p, err := l.s.cfg.Store.Project(ctx, l.project)
		if err != nil {
			return false, err
		}
		l.aheadDone = false
		l.tell(func() { l.state.Images = p.Counts.Assets })
	}
	if err := l.take(ctx, ids); err != nil {
		return false, err
	}
	if l.strange {
		return true, l.load(ctx)
	}
	l.settle(seq)
	return true, nil
}

func (l *live) seqNow() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seq
}

// load reads all labels anew.
func (l *live) load(ctx context.Context) error {
	p, seq, err := l.s.cfg.Store.LabelSeq(ctx, l.project)
	if err != nil {
		return err
	}
	if l.backbone.data == nil {
		if l.backbone, err = l.s.backbone(ctx, ""); err != nil {
			return err
		}
	}
	embedded, err := l.s.cfg.Store.CountEmbedded(ctx, l.project, l.backbone.SHA256)
	if err != nil {
		return err
	}
	if p.Rev != l.rev || !l.loaded { // other classes, other outputs
		l.rev, l.multi, l.base = p.Rev, p.Task == domain.TaskMulti, 0
		ids := make([]string, len(p.Classes))
		for i, c := range p.Classes {
			ids[i] = c.ID
		}
		l.tell(func() { l.head, l.classes, l.index, l.task, l.sha = nil, p.Classes, ids, p.Task, l.backbone.SHA256 })
	}
	old := l.known
	l.known, l.counts, l.dirty = map[string]*lesson{}, make([]int, len(p.Classes)), map[string]bool{}
	for id := range old {
		l.dirty[id] = true // it may be gone
	}
	q := store.Query{Filter: domain.Filter{States: []domain.State{domain.StateLabelled}}}
	err = l.s.cfg.Store.EachAsset(ctx, l.project, q, func(page []domain.Asset) error {
		for _, a := range page {
			l.note(a)
		}
		breathe()
		return nil
	})
	if err != nil {
		return err
	}
	l.loaded, l.strange, l.aheadDone = true, false, false
	l.tell(func() { l.state.Images, l.state.Embedded = p.Counts.Assets, embedded })
	l.settle(seq)
	return nil
}

// take reads the labels of some assets anew.
func (l *live) take(ctx context.Context, ids []string) error {
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), 200) {
		for _, id := range part {
			l.unlearn(id)
		}
		err := l.s.cfg.Store.EachAsset(ctx, l.project, store.Query{Filter: domain.Filter{IDs: part}}, func(page []domain.Asset) error {
			for _, a := range page {
				l.note(a)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unlearn forgets what an image taught.
func (l *live) unlearn(id string) {
	l.dirty[id] = true
	if old := l.known[id]; old != nil {
		l.tally(old.label, -1)
		delete(l.known, id)
	}
}

// tally counts a label; when that makes a class learnable, or no longer so, its images are looked at again.
func (l *live) tally(label []int, by int) {
	for _, c := range label {
		before := l.counts[c] >= domain.MinSuggest
		l.counts[c] += by
		if before == (l.counts[c] >= domain.MinSuggest) {
			continue
		}
		for id, x := range l.known {
			if slices.Contains(x.label, c) {
				l.dirty[id] = true
			}
		}
	}
}

// note takes in an asset's label.
func (l *live) note(a domain.Asset) {
	l.dirty[a.ID] = true
	if a.Label.State != domain.StateLabelled || (!l.multi && len(a.Label.Classes) != 1) {
		return
	}
	var label []int
	for _, id := range distinctClasses(a.Label) {
		c := slices.Index(l.index, id)
		if c < 0 {
			l.strange = true
			continue
		}
		if l.classes[c].Archived {
			continue
		}
		label = append(label, c)
	}
	if !l.multi && len(label) == 0 {
		return
	}
	slices.Sort(label)
	x := &lesson{asset: a, label: label, at: a.Label.UpdatedAt}
	x.hash, x.textual = differenceHash(a)
	l.known[a.ID] = x
	l.tally(label, 1)
}

// settle says what the labels up to seq come to.
func (l *live) settle(seq int64) {
	usable := make([]bool, len(l.counts))
	ready := 0
	for _, c := range l.ready() {
		usable[c] = true
		ready++
	}
	l.tell(func() {
		l.usable = usable
		l.seq = max(l.seq, seq)
		l.state.Classes, l.state.Missing = ready, l.shortOf()
		switch {
		case l.task == domain.TaskBoxes:
			l.state.State, l.state.Reason = domain.SuggestOff, "boxes"
		case ready < l.least():
			l.state.State, l.state.Reason = domain.SuggestTooFew, ""
			l.head, l.base, l.state.Labels = nil, 0, 0
		case l.head == nil:
			l.state.State, l.state.Reason = domain.SuggestLearning, ""
		default:
			l.state.State, l.state.Reason = domain.SuggestReady, ""
		}
	})
}

// shortOf counts the labels that are missing at least until suggestions begin.
func (l *live) shortOf() int {
	if l.multi {
		best := 2 * domain.MinSuggest
		for _, n := range append(slices.Clone(l.counts), 0) {
			best = min(best, max(domain.MinSuggest-n, 0)+max(domain.MinSuggest-len(l.known)+n, 0))
		}
		return best
	}
	counts := append(slices.Clone(l.counts), 0, 0)
	slices.SortFunc(counts, func(a, b int) int { return cmp.Compare(b, a) })
	return max(domain.MinSuggest-counts[0], 0) + max(domain.MinSuggest-counts[1], 0)
}

// teaches tells whether an image is one that the head is to hold. In a multi project every labelled image shows what classes
// are not.
func (l *live) teaches(x *lesson) bool {
	return x != nil && (l.multi || l.counts[x.label[0]] >= domain.MinSuggest)
}

// learn brings the head in line with the labels that changed; it begins it where there is none, and anew when there are twice as many as it
// began with, up to train.LiveBase.
func (l *live) learn(ctx context.Context) (bool, error) {
	if len(l.dirty) == 0 || l.task == domain.TaskBoxes {
		return false, nil
	}
	if !l.learnable() {
		l.dirty = map[string]bool{}
		return false, nil
	}
	if l.base < train.LiveBase && l.size() >= 2*l.base {
		return true, l.begin(ctx)
	}
	newest := slices.Collect(func(yield func(string) bool) {
		for id := range l.dirty {
			if x := l.known[id]; (l.head.Holds(id) || x != nil && time.Since(x.at) < time.Minute) && !yield(id) {
				return
			}
		}
	})
	if len(newest) == 0 || len(newest) > train.LiveBase {
		return false, nil // what is old, or came in bulk, comes by and by: fill
	}
	return true, l.teach(ctx, newest[:min(len(newest), fillChunk)])
}

// fill lets the head learn more of the labels that are older than it.
func (l *live) fill(ctx context.Context) (bool, error) {
	if len(l.dirty) == 0 || l.head == nil {
		return false, nil
	}
	var some []string
	for id := range l.dirty {
		if !l.teaches(l.known[id]) && !l.head.Holds(id) {
			delete(l.dirty, id)
			continue
		}
		if l.head.Len() >= train.MaxLive && !l.head.Holds(id) { // there is no room: only new labels push old ones out
			delete(l.dirty, id)
			continue
		}
		if some = append(some, id); len(some) == fillChunk {
			break
		}
	}
	if len(some) == 0 {
		return false, nil
	}
	return true, l.teach(ctx, some)
}

// size is how many images the head is to hold.
func (l *live) size() int {
	n := 0
	for _, x := range l.known {
		if l.teaches(x) {
			n++
		}
	}
	return n
}

// begin makes a new head of the newest images of each class, as many of one as of another.
func (l *live) begin(ctx context.Context) error {
	chosen := l.choose()
	images, err := l.images(ctx, chosen)
	if err != nil {
		return err
	}
	if len(images) < 2 {
		return domain.Errorf(domain.CodeInvalid, "The labelled images cannot be read.")
	}
	others, err := l.s.cfg.Store.Embeddings(ctx, l.backbone.SHA256, l.others)
	if err != nil {
		return err
	}
	var spread [][]float32
	for _, sha := range l.others {
		if v := others[sha]; v != nil {
			spread = append(spread, v)
		}
	}
	head, err := train.NewLive(ctx, images, spread, len(l.counts), l.multi, breathe)
	if err != nil {
		return err
	}
	l.base = len(chosen)
	for _, image := range images {
		delete(l.dirty, image.Key)
	}
	for id := range l.known {
		if !head.Holds(id) {
			l.dirty[id] = true
		}
	}
	l.tell(func() { l.head, l.state.Labels, l.state.State = head, head.Len(), domain.SuggestReady })
	return nil
}

// choose gives up to train.LiveBase lessons, the newest of each class in turn.
func (l *live) choose() []*lesson {
	byClass := map[int][]*lesson{}
	for _, x := range l.known {
		if l.teaches(x) {
			c := -1
			if len(x.label) > 0 {
				c = x.label[0]
			}
			byClass[c] = append(byClass[c], x)
		}
	}
	for _, list := range byClass {
		slices.SortFunc(list, func(a, b *lesson) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.asset.ID, b.asset.ID)) })
	}
	var out []*lesson
	for place := 0; ; place++ {
		before := len(out)
		for c := -1; c < len(l.counts); c++ {
			if place < len(byClass[c]) && len(out) < train.LiveBase {
				out = append(out, byClass[c][place])
			}
		}
		if len(out) == before {
			return out
		}
	}
}

// images gives lessons as the head takes them, embedding what is missing. Those that cannot be read are left out.
func (l *live) images(ctx context.Context, lessons []*lesson) ([]train.LiveImage, error) {
	assets := make([]domain.Asset, len(lessons))
	shas := make([]string, len(lessons))
	for i, x := range lessons {
		assets[i], shas[i] = x.asset, x.asset.SHA256
	}
	missing, err := l.missing(ctx, assets)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		if err := l.embed(ctx, missing); err != nil {
			return nil, err
		}
	}
	vectors, err := l.s.cfg.Store.Embeddings(ctx, l.backbone.SHA256, shas)
	if err != nil {
		return nil, err
	}
	var out []train.LiveImage
	for _, x := range lessons {
		if v := vectors[x.asset.SHA256]; v != nil {
			out = append(out, train.LiveImage{Key: x.asset.ID, X: v, Label: x.label, Group: l.group(x)})
		} else {
			delete(l.dirty, x.asset.ID)
		}
	}
	return out, nil
}

// group names the near-duplicates that x is one of: by the first of them that was met.
func (l *live) group(x *lesson) string {
	if x.group != "" || !x.textual {
		return x.group
	}
	x.group = x.asset.ID
	for _, other := range l.known {
		if other != x && other.group != "" && other.textual && bits.OnesCount64(other.hash^x.hash) <= nearHash {
			x.group = other.group
			break
		}
	}
	return x.group
}

// teach brings the head in line with the lessons of some images.
func (l *live) teach(ctx context.Context, ids []string) error {
	var lessons []*lesson
	for _, id := range ids {
		if x := l.known[id]; l.teaches(x) {
			lessons = append(lessons, x)
		}
	}
	images, err := l.images(ctx, lessons)
	if err != nil {
		return err
	}
	started := time.Now()
	l.tell(func() {
		for _, id := range ids {
			if !l.teaches(l.known[id]) {
				l.head.Drop(id)
			}
		}
		for _, image := range images {
			if err = l.head.Set(image); err != nil {
				return
			}
		}
		l.head.Refresh()
		l.state.Labels, l.state.State = l.head.Len(), domain.SuggestReady
	})
	l.s.log.Debug("learnt", "images", len(ids), "of", l.head.Len(), "took", time.Since(started))
	for _, id := range ids {
		delete(l.dirty, id)
	}
	return err
}
