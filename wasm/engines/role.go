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

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/exec"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/wasm/glue"
)

// Main is the engine role: it answers what comes on the port that web/shell/worker.js gives, and does not return.
func Main() {
	host := js.Global().Get("irum")
	if _, err := exec.StartKernels(host.Get("memory")); err != nil { // portable Go does the same, slowly
		fmt.Println("no kernels for products:", err)
	}
	w := &worker{port: host.Get("port"), running: map[int]context.CancelFunc{}}
	w.port.Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		m := args[0].Get("data")
		id := m.Get("id").Int()
		var q ask
		if err := json.Unmarshal([]byte(glue.Text(m, "head")), &q); err != nil {
			w.post(id, answer{Error: fmt.Sprintf("read message: %v", err)}, nil)
			return nil
		}
		if q.Op == "cancel" {
			w.cancel(id)
			return nil
		}
		go w.serve(id, q, m.Get("block"))
		return nil
	}))
	select {}
}

// ThreadScript is where web/build puts the script of the threads that help with one image.
const ThreadScript = "/irum-thread.js"

type worker struct {
	port  js.Value
	begin sync.Once
	local autolabel.Engine // from the first ask on

	features []int8 // those that boxes are learnt from

	mu      sync.Mutex
	running map[int]context.CancelFunc
}

func (w *worker) cancel(id int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if stop := w.running[id]; stop != nil {
		stop()
	}
}

func (w *worker) serve(id int, q ask, block js.Value) {
	ctx, stop := context.WithCancel(context.Background())
	w.mu.Lock()
	w.running[id] = stop
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.running, id)
		w.mu.Unlock()
		stop()
	}()
	w.begin.Do(func() {
		w.local = autolabel.NewLocal(1, engine.Options{Threads: q.Threads, ThreadScript: ThreadScript})
	})
	a, out, err := w.work(ctx, id, q, block)
	if err != nil {
		a = failure(err)
	}
	w.post(id, a, out)
}

func (w *worker) work(ctx context.Context, id int, q ask, block js.Value) (answer, []byte, error) {
	switch q.Op {
	case "backbone":
		info, err := w.local.Backbone(ctx, q.SHA, func(context.Context) ([]byte, error) { return glue.Bytes(block), nil })
		return answer{Info: &info}, nil, err
	case "embed":
		v, err := w.local.Embed(ctx, q.SHA, glue.Bytes(block))
		return answer{}, glue.FloatBytes(v), err
	case "fit":
		if q.Data == nil {
			return answer{}, nil, errors.New("there is no data to fit")
		}
		q.Data.X = glue.Floats(glue.Bytes(block))
		head, evaluation, err := w.local.Fit(ctx, *q.Data, q.Options, w.progress(id))
		return answer{Head: head, Evaluation: evaluation}, nil, err
	case "cluster":
		if q.Points == nil || q.Cluster == nil {
			return answer{}, nil, errors.New("there are no points to group")
		}
		q.Points.X = glue.Floats(glue.Bytes(block))
		clusters, err := w.local.Cluster(ctx, *q.Points, *q.Cluster, w.progress(id))
		return answer{Clusters: clusters}, nil, err
	case "map":
		if q.Points == nil || q.Map == nil {
			return answer{}, nil, errors.New("there are no points to lay out")
		}
		q.Points.X = glue.Floats(glue.Bytes(block))
		m, err := w.local.Map(ctx, *q.Points, *q.Map, w.progress(id))
		if err != nil {
			return answer{}, nil, err
		}
		return answer{Trust: m.Trust}, glue.FloatBytes(m.XY), nil
	case "features":
		return answer{}, nil, w.take(q, block)
	case "boxes":
		return w.boxes(ctx, id, q)
	}
	return answer{}, nil, fmt.Errorf("there is no operation %q", q.Op)
}

// take keeps a piece of the features.
func (w *worker) take(q ask, block js.Value) error {
	if q.At == 0 {
		w.features = make([]int8, q.Size)
	}
	n := block.Get("byteLength").Int()
	if q.At < 0 || q.At+n > len(w.features) {
		return fmt.Errorf("%d features at %d of %d", n, q.At, len(w.features))
	}
	js.CopyBytesToGo(glue.SignedBytes(w.features[q.At:][:n]), block)
	return nil
}

// boxes does a part of a detector's training on the features that were sent before.
func (w *worker) boxes(ctx context.Context, id int, q ask) (answer, []byte, error) {
	if q.Set == nil || q.Boxes == nil {
		return answer{}, nil, errors.New("there is nothing to learn boxes from")
	}
	q.Set.Features = w.features
	part, err := detect.FitPart(ctx, *q.Set, *q.Boxes, q.Part, w.progress(id))
	return answer{Part: &part}, nil, err
}

// progress tells how far a fit or a grouping is, and lets the worker's event loop run, where a cancel waits.
func (w *worker) progress(id int) func(done, total int) {
	var last time.Time
	return func(done, total int) {
		if time.Since(last) < 50*time.Millisecond {
			return
		}
		w.post(id, answer{Progress: true, Done: done, Total: total}, nil)
		time.Sleep(time.Millisecond)
		last = time.Now()
	}
}

func failure(err error) answer {
	a := answer{Error: err.Error()}
	var p *domain.Problem
	if errors.As(err, &p) {
		a.Problem = p
	}
	var r *vision.Refusal
	if errors.As(err, &r) {
		a.Refusal = &refusal{r.Code, r.Reason}
	}
	return a
}

func (w *worker) post(id int, a answer, block []byte) {
	head, err := encode(a)
	if err != nil { // scores that are not finite cannot be JSON
		head, _ = encode(answer{Error: fmt.Sprintf("encode answer: %v", err)})
	}
	m := glue.Object("id", id, "head", head)
	transfer := glue.List()
	if block != nil {
		array := glue.Array(block)
		m.Set("block", array)
		transfer = glue.List(array.Get("buffer"))
	}
	w.port.Call("postMessage", m, transfer)
}
