package autolabel

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/irum-app/irum/engine"
	"github.com/irum-app/irum/engine/cluster"
	"github.com/irum-app/irum/engine/embedmap"
	"github.com/irum-app/irum/engine/train"
	"github.com/irum-app/irum/engine/vision"
)

// maxBackbones is how many networks are kept ready at a time; each session holds some tens of megabytes.
const maxBackbones = 2

// NewLocal gives an Engine in this process that runs up to parallel images at a time, each as o says; whose Outputs are not
// looked at.
func NewLocal(parallel int, o engine.Options) Engine {
	return &local{parallel: max(parallel, 1), options: o, networks: map[string]*network{}}
}

type local struct {
	parallel int
	options  engine.Options

	mu       sync.Mutex
	networks map[string]*network
	order    []string // by last use, oldest first
	kind     string
}

// network is a loaded backbone with its sessions. slots holds parallel entries; nil stands for a session that is not
// compiled yet. ready is closed when loading has ended.
type network struct {
	options      engine.Options // of its sessions
	ready        chan struct{}
	err          error
	net          *engine.Network
	info         BackboneInfo
	scale, shift float32
	slots        chan *engine.Session

	mu      sync.Mutex
	dropped bool
}

// Parallel implements Engine.
func (l *local) Parallel() int { return l.parallel }

// Kind implements Engine.
func (l *local) Kind() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kind == "" {
		return "native"
	}
	return l.kind
}

// Fit implements Engine.
func (l *local) Fit(ctx context.Context, d train.Dataset, o train.Options, progress func(done, total int)) (*train.Head, *train.Evaluation, error) {
	return train.Fit(ctx, d, o, progress)
}

// Cluster implements Engine.
func (l *local) Cluster(ctx context.Context, p cluster.Points, o cluster.Options, progress func(done, total int)) (*cluster.Result, error) {
	return cluster.Run(ctx, p, o, progress)
}

// Map implements Engine.
func (l *local) Map(ctx context.Context, p cluster.Points, o embedmap.Options, progress func(done, total int)) (*embedmap.Map, error) {
	return embedmap.Run(ctx, p, o, progress)
}

// Backbone implements Engine. Of an ONNX file with several outputs the one that metadata irum.embedding names is taken.
func (l *local) Backbone(ctx context.Context, sha string, data func(context.Context) ([]byte, error)) (BackboneInfo, error) {
	l.mu.Lock()
	n := l.networks[sha]
	if n != nil {
		l.touch(sha)
		l.mu.Unlock()
		select {
		case <-n.ready:
			return n.info, n.err
		case <-ctx.Done():
			return BackboneInfo{}, ctx.Err()
		}
	}
	n = &network{options: l.options, ready: make(chan struct{})}
	n.options.Outputs = nil
	l.networks[sha] = n
	l.touch(sha)
	var old []*network
	for len(l.order) > maxBackbones {
		old = append(old, l.networks[l.order[0]])
		delete(l.networks, l.order[0])
		l.order = l.order[1:]
	}
	l.mu.Unlock()
	for _, o := range old {
		o.drop()
	}
	n.err = n.load(ctx, l.parallel, data)
	l.mu.Lock()
	if n.err == nil {
		l.kind = n.info.Kind
	} else if l.networks[sha] == n { // the next call tries again
		delete(l.networks, sha)
		l.order = slices.DeleteFunc(l.order, func(s string) bool { return s == sha })
	}
	l.mu.Unlock()
	close(n.ready)
	return n.info, n.err
}

// touch makes sha the last used one.
func (l *local) touch(sha string) {
	l.order = append(slices.DeleteFunc(l.order, func(s string) bool { return s == sha }), sha)
}

func (n *network) load(ctx context.Context, parallel int, data func(context.Context) ([]byte, error)) error {
	file, err := data(ctx)
	if err != nil {
		return err
	}
	if n.net, err = engine.Load(file); err != nil {
		return err
	}
	n.slots = make(chan *engine.Session, parallel)
	session, err := engine.Compile(ctx, n.net, n.options)
	if err != nil {
		return err
	}
	if name := session.Info().Metadata["irum.embedding"]; name != "" && len(session.Info().Outputs) > 1 {
		n.options.Outputs = []string{name}
		_ = session.Close()
		if session, err = engine.Compile(ctx, n.net, n.options); err != nil {
			return err
		}
	}
	info := session.Info()
	if len(info.Input) != 4 || info.Input[1] != 3 || info.Input[2] != info.Input[3] {
		_ = session.Close()
		return fmt.Errorf("the network takes %v: an image [1 3 S S] is expected", info.Input)
	}
	n.info = BackboneInfo{InputSize: info.Input[2], Dim: 1, Kind: info.Executor}
	for _, shape := range info.Outputs {
		n.info.Dim = 1
		for _, d := range shape {
			n.info.Dim *= d
		}
	}
	n.scale, n.shift = scaling(info.Metadata)
	n.slots <- session
	for range parallel - 1 {
		n.slots <- nil
	}
	return nil
}

// scaling reads how pixels 0..255 become input: x*scale + shift.
func scaling(meta map[string]string) (scale, shift float32) {
	a, errA := strconv.ParseFloat(meta["irum.scale"], 32)
	b, errB := strconv.ParseFloat(meta["irum.shift"], 32)
	if errA != nil || errB != nil {
		return 1 / 127.5, -1
	}
	return float32(a), float32(b)
}

// Embed implements Engine.
func (l *local) Embed(ctx context.Context, sha string, image []byte) ([]float32, error) {
	l.mu.Lock()
	n := l.networks[sha]
	l.mu.Unlock()
	if n == nil {
		return nil, fmt.Errorf("the backbone %s is not loaded", sha)
	}
	select {
	case <-n.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if n.err != nil {
		return nil, n.err
	}
	img, _, err := vision.Decode(image, vision.Limits{})
	if err != nil {
		return nil, err
	}
	input := vision.Tensor(img, n.info.InputSize, n.scale, n.shift)
	var session *engine.Session
	select {
	case session = <-n.slots:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { n.giveBack(session) }()
	if session == nil {
		if session, err = engine.Compile(ctx, n.net, n.options); err != nil {
			return nil, err
		}
	}
	out, err := session.Run(ctx, input)
	if err != nil {
		return nil, err
	}
	return slices.Clone(out[0]), nil
}

// giveBack returns a session, or closes it when the network was dropped meanwhile.
func (n *network) giveBack(s *engine.Session) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.dropped && s != nil {
		_ = s.Close()
		s = nil
	}
	n.slots <- s
}

// drop closes the sessions that nobody uses; those in use are closed when they come back.
func (n *network) drop() {
	<-n.ready
	if n.err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dropped = true
	for range len(n.slots) {
		if s := <-n.slots; s != nil {
			_ = s.Close()
		}
		n.slots <- nil
	}
}
