//go:build js

package engines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"syscall/js"
	"time"

	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/wasm/glue"
)

// patience is how long a worker may take to answer a cancel before it is ended and replaced.
const patience = 1500 * time.Millisecond

// errEnded is the answer of a worker that ended.
var errEnded = errors.New("an engine worker ended unexpectedly; the work can be started again")

// Pool is an autolabel.Engine over engine workers, which start when they are needed first. start makes one: an object
// with port (a MessagePort), ended (a promise) and end().
type Pool struct {
	start func() js.Value
	first chan *slot // the worker whose images have most threads
	idle  chan *slot // the others

	mu        sync.Mutex
	size      int
	threads   int
	backbones map[string]js.Value // ONNX files as Uint8Array, outside of Go's memory
	infos     map[string]autolabel.BackboneInfo
	kind      string
}

var _ autolabel.Engine = (*Pool)(nil)

// maxThreads is the most threads of one image: more gain little.
const maxThreads = 4

// NewPool gives an engine of n workers, 1 at least, whose threads together are cores at most: what is left goes to the first
// worker, which is asked first, so that single images have it.
func NewPool(n, cores int, start func() js.Value) *Pool {
	n = max(n, 1)
	each := min(max(cores/n, 1), maxThreads)
	p := &Pool{
		start: start, size: n, threads: min(max(cores-each*(n-1), 1), maxThreads), first: make(chan *slot, 1), idle: make(chan *slot, n),
		backbones: map[string]js.Value{}, infos: map[string]autolabel.BackboneInfo{},
	}
	p.put(&slot{threads: p.threads, first: true})
	for range n - 1 {
		p.put(&slot{threads: each})
	}
	return p
}

// ImageThreads is the most threads of one image.
func (p *Pool) ImageThreads() int { return p.threads }

func (p *Pool) put(s *slot) {
	if s.first {
		p.first <- s
		return
	}
	p.idle <- s
}

// take waits for a worker: for images the first one if it is free, for other work rather another.
func (p *Pool) take(ctx context.Context, images bool) (*slot, error) {
	liked := p.idle
	if images {
		liked = p.first
	}
	select {
	case s := <-liked:
		return s, nil
	default:
	}
	select {
	case s := <-p.first:
		return s, nil
	case s := <-p.idle:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// slot is the place of one worker. Whoever took it from idle owns it until it is put back.
type slot struct {
	r       *remote
	loaded  map[string]bool // backbones
	threads int             // of an image
	first   bool
}

// Parallel implements autolabel.Engine.
func (p *Pool) Parallel() int { return p.size }

// Kind implements autolabel.Engine; "" before a backbone was loaded.
func (p *Pool) Kind() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kind
}

// Backbone implements autolabel.Engine. One worker loads it now, the others when they are given an image.
func (p *Pool) Backbone(ctx context.Context, sha string, data func(context.Context) ([]byte, error)) (autolabel.BackboneInfo, error) {
	p.mu.Lock()
	info, ok := p.infos[sha]
	p.mu.Unlock()
	if ok {
		return info, nil
	}
	onnx, err := data(ctx)
	if err != nil {
		return info, err
	}
	array := glue.Array(onnx)
	err = p.with(ctx, true, func(s *slot) error {
		got, err := s.load(ctx, sha, array)
		info = got
		return err
	})
	if err != nil {
		return info, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backbones[sha], p.infos[sha], p.kind = array, info, info.Kind
	return info, nil
}

// Embed implements autolabel.Engine.
func (p *Pool) Embed(ctx context.Context, sha string, image []byte) ([]float32, error) {
	p.mu.Lock()
	onnx, ok := p.backbones[sha]
	p.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("the backbone %s is not loaded", sha)
	}
	var v []float32
	err := p.with(ctx, true, func(s *slot) error {
		if !s.loaded[sha] {
			if _, err := s.load(ctx, sha, onnx); err != nil {
				return err
			}
		}
		_, block, err := s.r.call(ctx, ask{Op: "embed", SHA: sha, Threads: s.threads}, glue.Array(image), nil)
		if err == nil {
			v = glue.Floats(glue.Bytes(block))
		}
		return err
	})
	return v, err
}

// Fit implements autolabel.Engine.
func (p *Pool) Fit(ctx context.Context, d train.Dataset, o train.Options, progress func(done, total int)) (*train.Head, *train.Evaluation, error) {
	x := glue.Array(glue.FloatBytes(d.X))
	d.X = nil
	var a answer
	err := p.with(ctx, false, func(s *slot) error {
		var err error
		a, _, err = s.r.call(ctx, ask{Op: "fit", Threads: s.threads, Data: &d, Options: o}, x, progress)
		return err
	})
	if err == nil && (a.Head == nil || a.Evaluation == nil) {
		err = errors.New("the engine worker answered without a head")
	}
	return a.Head, a.Evaluation, err
}

// Cluster implements autolabel.Engine.
func (p *Pool) Cluster(ctx context.Context, points cluster.Points, o cluster.Options, progress func(done, total int)) (*cluster.Result, error) {
	x := glue.Array(glue.FloatBytes(points.X))
	points.X = nil
	var a answer
	err := p.with(ctx, false, func(s *slot) error {
		var err error
		a, _, err = s.r.call(ctx, ask{Op: "cluster", Threads: s.threads, Points: &points, Cluster: &o}, x, progress)
		return err
	})
	if err == nil && a.Clusters == nil {
		err = errors.New("the engine worker answered without clusters")
	}
	return a.Clusters, err
}

// Map implements autolabel.Engine.
func (p *Pool) Map(ctx context.Context, points cluster.Points, o embedmap.Options, progress func(done, total int)) (*embedmap.Map, error) {
	x := glue.Array(glue.FloatBytes(points.X))
	points.X = nil
	out := &embedmap.Map{}
	err := p.with(ctx, false, func(s *slot) error {
		a, block, err := s.r.call(ctx, ask{Op: "map", Threads: s.threads, Points: &points, Map: &o}, x, progress)
		if err != nil {
			return err
		}
		out.Trust, out.XY = a.Trust, glue.Floats(glue.Bytes(block))
		return nil
	})
	if err == nil && len(out.XY) != 2*points.N {
		err = errors.New("the engine worker answered without a map")
	}
	return out, err
}

// with lends a worker to f. One that did not answer a cancel in time, or ended, is replaced the next time.
func (p *Pool) with(ctx context.Context, images bool, f func(*slot) error) error {
	s, err := p.take(ctx, images)
	if err != nil {
		return err
	}
	if s.r == nil || s.r.gone() {
		s.r, s.loaded = newRemote(p.start()), map[string]bool{}
	}
	err = f(s)
	if ctx.Err() == nil {
		p.put(s)
		return err
	}
	go func() { // the worker may still be busy with what was cancelled
		s.r.settle(patience)
		p.put(s)
	}()
	return ctx.Err()
}

func (s *slot) load(ctx context.Context, sha string, onnx js.Value) (autolabel.BackboneInfo, error) {
	// A copy: the buffer is handed over.
	a, _, err := s.r.call(ctx, ask{Op: "backbone", SHA: sha, Threads: s.threads}, onnx.Call("slice"), nil)
	if err != nil {
		return autolabel.BackboneInfo{}, err
	}
	if a.Info == nil {
		return autolabel.BackboneInfo{}, errors.New("the engine worker answered without the backbone's shape")
	}
	s.loaded[sha] = true
	return *a.Info, nil
}

// remote is one running worker. It is asked one thing at a time.
type remote struct {
	v       js.Value
	handler js.Func
	replies chan reply
	ended   chan struct{}
	next    int
	pending int // id of what was cancelled and not answered yet; 0 for none
}

type reply struct {
	id    int
	a     answer
	block js.Value
}

func newRemote(v js.Value) *remote {
	r := &remote{v: v, replies: make(chan reply, 64), ended: make(chan struct{})}
	r.handler = js.FuncOf(func(_ js.Value, args []js.Value) any {
		m := args[0].Get("data")
		got := reply{id: m.Get("id").Int(), block: m.Get("block")}
		if err := json.Unmarshal([]byte(glue.Text(m, "head")), &got.a); err != nil {
			got.a = answer{Error: fmt.Sprintf("read answer: %v", err)}
		}
		if got.a.Progress {
			select {
			case r.replies <- got:
			default: // progress may be missed, never waited for
			}
			return nil
		}
		go func() { r.replies <- got }()
		return nil
	})
	v.Get("port").Set("onmessage", r.handler)
	go func() {
		_, _ = glue.Await(context.Background(), v.Get("ended"))
		close(r.ended)
	}()
	return r
}

func (r *remote) gone() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// call asks and waits. block is handed over: its array cannot be used afterwards.
func (r *remote) call(ctx context.Context, q ask, block js.Value, progress func(done, total int)) (answer, js.Value, error) {
	head, err := encode(q)
	if err != nil {
		return answer{}, block, err
	}
	r.next++
	id := r.next
	m := glue.Object("id", id, "head", head, "block", block)
	if _, err := glue.Call(r.v.Get("port"), "postMessage", m, glue.List(block.Get("buffer"))); err != nil {
		return answer{}, block, err
	}
	for {
		select {
		case got := <-r.replies:
			switch {
			case got.id != id:
			case got.a.Progress:
				if progress != nil {
					progress(got.a.Done, got.a.Total)
				}
			default:
				return got.a, got.block, got.a.err()
			}
		case <-r.ended:
			return answer{}, block, errEnded
		case <-ctx.Done():
			r.pending = id
			r.v.Get("port").Call("postMessage", glue.Object("id", id, "head", `{"op":"cancel"}`))
			return answer{}, block, ctx.Err()
		}
	}
}

// settle waits for the answer to what was cancelled, and ends the worker when it takes longer than limit.
func (r *remote) settle(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for r.pending != 0 {
		select {
		case got := <-r.replies:
			if got.id == r.pending && !got.a.Progress {
				r.pending = 0
			}
		case <-r.ended:
			return
		case <-timer.C:
			r.v.Call("end")
			<-r.ended
			return
		}
	}
}

// err makes the error of an answer again, of its type where that matters.
func (a *answer) err() error {
	switch {
	case a.Refusal != nil:
		return &vision.Refusal{Code: a.Refusal.Code, Reason: a.Refusal.Reason}
	case a.Problem != nil:
		return a.Problem
	case a.Error != "":
		return errors.New(a.Error)
	}
	return nil
}
