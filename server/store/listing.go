//go:build !js

package store

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/domain"
)

// listing holds in memory what the assets of one large project are filtered and ordered by: a scan of some bytes an asset
// answers every filter and order with its total in some milliseconds, where an index would be needed for each combination.
// Row i is an asset; rows are in order of seq and never move. What it holds is of one moment: the project's labelSeq.
type listing struct {
	labelSeq int64
	live     int // assets that are not deleted

	seq       []int64
	alive     []bool
	state     []uint8 // by codes, as source, flag and verdict
	source    []uint8
	flag      []uint8
	verdict   []uint8
	talk      []uint8 // talkAny, talkOpen
	model     []uint32
	classes   []uint32 // place in sets
	uncertain []float64
	sharp     []int16 // of domain.Measures, as the next; -1 for not measured
	light     []int16
	shade     []int16
	contrast  []int16
	size      [][2]uint32 // width and height
	id, fold  texts
	byName    []uint32 // rows in order of fold, seq

	codes, models codes
	sets          [][]string // of class ids; the first is empty
	setOf         map[string]uint32
}

// What is said about an asset: listing.talk.
const (
	talkAny  = 1
	talkOpen = 2
)

// texts are many short texts one after the other.
type texts struct {
	bytes []byte
	end   []uint32
}

func (t *texts) add(s string) {
	t.bytes = append(t.bytes, s...)
	t.end = append(t.end, uint32(len(t.bytes)))
}

func (t *texts) at(i int) []byte {
	begin := uint32(0)
	if i > 0 {
		begin = t.end[i-1]
	}
	return t.bytes[begin:t.end[i]]
}

// codes numbers words.
type codes struct {
	words []string
	of    map[string]uint32
}

func (c *codes) code(word string) uint32 {
	n, known := c.of[word]
	if !known {
		if c.of == nil {
			c.of = map[string]uint32{}
		}
		n = uint32(len(c.words))
		c.words, c.of[word] = append(c.words, word), n
	}
	return n
}

// chosen tells by code which words are among some.
func chosen[T ~string](c *codes, some []T) []bool {
	out := make([]bool, len(c.words))
	for _, word := range some {
		if n, known := c.of[string(word)]; known {
			out[n] = true
		}
	}
	return out
}

// listedRow is an asset as a listing reads it.
type listedRow struct {
	seq                          int64
	id, fold                     string
	state, source, flag, verdict string
	uncertain                    float64
	model                        string
	comments, open               int64
	label                        string
	width, height                int64
	measures                     domain.Measures
}

// put adds a row or replaces the one of its seq, and tells whether it could: one that belongs between others cannot.
func (l *listing) put(r listedRow) bool {
	i, known := slices.BinarySearch(l.seq, r.seq)
	switch {
	case known:
	case i < len(l.seq) || len(l.fold.bytes)+len(r.fold) > 1<<31:
		return false
	default:
		l.seq, l.alive = append(l.seq, r.seq), append(l.alive, false)
		l.state, l.source, l.flag, l.verdict = append(l.state, 0), append(l.source, 0), append(l.flag, 0), append(l.verdict, 0)
		l.talk, l.model, l.classes, l.uncertain = append(l.talk, 0), append(l.model, 0), append(l.classes, 0), append(l.uncertain, 0)
		l.sharp, l.light, l.shade, l.contrast = append(l.sharp, 0), append(l.light, 0), append(l.shade, 0), append(l.contrast, 0)
		l.size = append(l.size, [2]uint32{})
		l.id.add(r.id)
		l.fold.add(r.fold)
	}
	if !l.alive[i] {
		l.alive[i] = true
		l.live++
	}
	l.state[i], l.source[i] = uint8(l.codes.code(r.state)), uint8(l.codes.code(r.source))
	l.flag[i], l.verdict[i] = uint8(l.codes.code(r.flag)), uint8(l.codes.code(r.verdict))
	l.model[i], l.uncertain[i], l.classes[i] = l.models.code(r.model), r.uncertain, l.set(classesIn(r.label))
	l.sharp[i], l.light[i] = int16(r.measures.Sharpness), int16(r.measures.Light)
	l.shade[i], l.contrast[i] = int16(r.measures.Shade), int16(r.measures.Contrast)
	l.size[i] = [2]uint32{uint32(r.width), uint32(r.height)}
	l.talk[i] = 0
	if r.comments > 0 {
		l.talk[i] |= talkAny
	}
	if r.open > 0 {
		l.talk[i] |= talkOpen
	}
	return len(l.codes.words) < 256
}

// drop takes out the row of a seq. One that was never there stays so.
func (l *listing) drop(seq int64) {
	if i, known := slices.BinarySearch(l.seq, seq); known && l.alive[i] {
		l.alive[i] = false
		l.live--
	}
}

// order brings the rows that were added since into the order of names.
func (l *listing) order() {
	old := len(l.byName)
	if old == len(l.seq) {
		return
	}
	fresh := make([]uint32, 0, len(l.seq)-old)
	for i := old; i < len(l.seq); i++ {
		fresh = append(fresh, uint32(i))
	}
	byName := func(a, b uint32) int {
		return cmp.Or(bytes.Compare(l.fold.at(int(a)), l.fold.at(int(b))), cmp.Compare(a, b))
	}
	slices.SortFunc(fresh, byName)
	merged := make([]uint32, 0, len(l.seq))
	rest := l.byName
	for _, row := range fresh {
		k, _ := slices.BinarySearchFunc(rest, row, byName)
		merged = append(append(merged, rest[:k]...), row)
		rest = rest[k:]
	}
	l.byName = append(merged, rest...)
}

// set numbers a set of classes, whatever its order is.
func (l *listing) set(classes []string) uint32 {
	if len(classes) == 0 {
		return 0
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	key := strings.Join(classes, "\x00")
	n, known := l.setOf[key]
	if !known {
		n = uint32(len(l.sets))
		l.sets, l.setOf[key] = append(l.sets, classes), n
	}
	return n
}

func newListing() *listing {
	return &listing{sets: [][]string{nil}, setOf: map[string]uint32{}}
}

// classesIn gives the classes of a kept label without decoding all of it. Inside a text of JSON every quote is escaped, so the
// key cannot be part of one.
func classesIn(label string) (out []string) {
	const key = `"class":"`
	rest := label
	for {
		i := strings.Index(rest, key)
		if i < 0 {
			return out
		}
		rest = rest[i+len(key):]
		end := strings.IndexByte(rest, '"')
		if end < 0 || strings.IndexByte(rest[:end], '\\') >= 0 {
			l, _ := decodeLabel(label, 0)
			return l.ClassIDs()
		}
		out = append(out, rest[:end])
		rest = rest[end:]
	}
}

// listed are the rows that a filter selects, as bits.
type listed struct {
	bits  []uint64
	total int
}

func (s listed) has(i uint32) bool { return s.bits[i/64]&(1<<(i%64)) != 0 }

// match selects what f does, which names no ids and is spelled out (Store.spelledOut).
func (l *listing) match(f spelled) listed {
	var state, source, flag, verdict []bool
	if len(f.States) > 0 {
		state = chosen(&l.codes, f.States)
	}
	if len(f.Sources) > 0 {
		source = chosen(&l.codes, f.Sources)
	}
	if len(f.Flags) > 0 {
		flag = chosen(&l.codes, f.Flags)
	}
	if len(f.Verdicts) > 0 {
		verdict = chosen(&l.codes, f.Verdicts)
	}
	classes, named := l.setsWith(f.Classes), l.setsWith(f.named)
	talk := map[string]uint8{domain.CommentsAny: talkAny, domain.CommentsOpen: talkOpen}[f.Comments]
	model, known := l.models.of[clean(f.Model)]
	if f.Model != "" && !known {
		return listed{bits: make([]uint64, len(l.seq)/64+1)}
	}
	low, high := confidences(f.Filter)
	text := []byte(f.text)
	out := listed{bits: make([]uint64, len(l.seq)/64+1)}
	for i, alive := range l.alive {
		if !alive || state != nil && !state[l.state[i]] || source != nil && !source[l.source[i]] || flag != nil && !flag[l.flag[i]] ||
			verdict != nil && !verdict[l.verdict[i]] || classes != nil && !classes[l.classes[i]] || l.talk[i]&talk != talk ||
			f.Model != "" && l.model[i] != model || l.uncertain[i] < low || l.uncertain[i] > high ||
			len(text) > 0 && !bytes.Contains(l.fold.at(i), text) && (named == nil || !named[l.classes[i]]) || len(f.Issues) > 0 && !l.troubled(i, f) {
			continue
		}
		out.bits[i/64] |= 1 << (i % 64)
		out.total++
	}
	return out
}

// setsWith tells of each set of classes whether it has one of these; nil where none is asked for.
func (l *listing) setsWith(classes []string) []bool {
	if len(classes) == 0 {
		return nil
	}
	out := make([]bool, len(l.sets))
	for i, set := range l.sets {
		out[i] = slices.ContainsFunc(set, func(c string) bool { return slices.Contains(classes, c) })
	}
	return out
}

// troubled tells whether row i has one of f.Issues, of which none is IssueDuplicate.
func (l *listing) troubled(i int, f spelled) bool {
	a := domain.Asset{Width: int(l.size[i][0]), Height: int(l.size[i][1])}
	if l.sharp[i] >= 0 {
		a.Measures = &domain.Measures{Sharpness: int(l.sharp[i]), Light: int(l.light[i]), Shade: int(l.shade[i]), Contrast: int(l.contrast[i])}
	}
	return slices.ContainsFunc(f.Issues, func(issue domain.Issue) bool {
		v, known := a.Measure(issue)
		return known && domain.Scales[issue].Has(v, f.limits.Of(issue))
	})
}

// confidences are the bounds of listing.uncertain that f sets; what no model has judged is beyond 1.
func confidences(f domain.Filter) (low, high float64) {
	low, high = 0, 2
	if f.MinConfidence != nil {
		low, high = *f.MinConfidence, 1
	}
	if f.MaxConfidence != nil {
		high = min(*f.MaxConfidence, 1)
	}
	return low, high
}

// each calls visit with the selected rows after c (nil: all) in the order of sort, until it says false.
func (l *listing) each(s listed, sort string, c *cursor, visit func(row uint32) bool) {
	switch sort {
	case domain.SortName:
		from := 0
		if c != nil {
			name := []byte(clean(c.Fold))
			from, _ = slices.BinarySearchFunc(l.byName, 0, func(row uint32, _ int) int {
				if cmp.Or(bytes.Compare(l.fold.at(int(row)), name), cmp.Compare(l.seq[row], c.Seq)) <= 0 {
					return -1
				}
				return 1
			})
		}
		for _, row := range l.byName[from:] {
			if s.has(row) && !visit(row) {
				return
			}
		}
	default:
		from := 0
		if c != nil {
			var there bool
			if from, there = slices.BinarySearch(l.seq, c.Seq); there {
				from++
			}
		}
		for i := from; i < len(l.seq); i++ {
			if s.has(uint32(i)) && !visit(uint32(i)) {
				return
			}
		}
	}
}

// first gives the first n selected rows after c in the order of sort, all when n is 0.
func (l *listing) first(s listed, sort string, c *cursor, n int) (rows []uint32) {
	if sort == domain.SortUncertain {
		return l.leastSure(s, c, n)
	}
	l.each(s, sort, c, func(row uint32) bool {
		rows = append(rows, row)
		return len(rows) != n
	})
	return rows
}

// leastSure is first in order of uncertain, seq: the rows are kept in pieces of twice n, of which the better half stays.
func (l *listing) leastSure(s listed, c *cursor, n int) (rows []uint32) {
	order := func(a, b uint32) int {
		return cmp.Or(cmp.Compare(l.uncertain[a], l.uncertain[b]), cmp.Compare(a, b))
	}
	worst, bounded := uint32(0), false
	l.each(s, domain.SortCreated, nil, func(row uint32) bool {
		if c != nil && cmp.Or(cmp.Compare(l.uncertain[row], c.Unc), cmp.Compare(l.seq[row], c.Seq)) <= 0 || bounded && order(row, worst) > 0 {
			return true
		}
		rows = append(rows, row)
		if n > 0 && len(rows) >= 2*n+64 {
			slices.SortFunc(rows, order)
			rows, worst, bounded = rows[:n], rows[n-1], true
		}
		return true
	})
	slices.SortFunc(rows, order)
	if n > 0 && len(rows) > n {
		rows = rows[:n]
	}
	return rows
}

// cursor is the place of a row in the order of sort.
func (l *listing) cursor(row uint32, sort string) (string, error) {
	return assetRow{seq: l.seq[row], fold: string(l.fold.at(int(row))), uncertain: l.uncertain[row]}.cursor(sort)
}
