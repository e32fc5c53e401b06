package annotate

import (
	"context"
	"sync"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/server/client"
)

// picture is an image ready to be shown: an <img> of its own, decoded, so that showing it takes one frame.
type picture struct {
	img     app.Value
	ready   bool
	failed  error
	release func()
	cancel  context.CancelFunc
}

// pictures holds the images around the one that is looked at.
type pictures struct {
	place    platform.Place
	project  string
	path     func(project, asset string) string
	loaded   func(id string) // called from a goroutine when a picture is ready or has failed
	mu       sync.Mutex
	all      map[string]*picture
	order    []string
	inFlight int
}

// parallel is how many images are loaded at the same time; the one that is looked at waits for none.
const parallel = 4

func newPictures(place platform.Place, project string, path func(project, asset string) string, loaded func(string)) *pictures {
	return &pictures{place: place, project: project, path: path, loaded: loaded, all: map[string]*picture{}}
}

// imagePath and thumbPath are what pictures can be of.
var (
	imagePath = client.ImagePath
	thumbPath = client.ThumbPath
)

// want makes ids, the most wanted first, those that are held; all others are let go.
func (p *pictures) want(ids []string) {
	if !app.IsClient || platform.Current == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	keep := make(map[string]bool, len(ids))
	for _, id := range ids {
		keep[id] = true
	}
	for id, x := range p.all {
		if !keep[id] {
			p.drop(id, x)
		}
	}
	p.order = ids
	if len(ids) > 0 {
		p.begin(ids[0])
	}
	p.more()
}

// forget lets a failed picture be tried again.
func (p *pictures) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.all[id]; x != nil {
		p.drop(id, x)
	}
}

// close lets everything go.
func (p *pictures) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, x := range p.all {
		p.drop(id, x)
	}
	p.order = nil
}

// get gives the element of id when it is ready, and why it never will be.
func (p *pictures) get(id string) (img app.Value, failed error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := p.all[id]
	switch {
	case x == nil:
		return nil, nil
	case x.ready:
		return x.img, nil
	}
	return nil, x.failed
}

// drop is called with mu held.
func (p *pictures) drop(id string, x *picture) {
	delete(p.all, id)
	x.cancel()
	if x.release != nil {
		x.release()
		x.release = nil
	}
}

// more starts what is wanted next, as far as there is room. It is called with mu held.
func (p *pictures) more() {
	for _, id := range p.order {
		if p.inFlight >= parallel {
			return
		}
		p.begin(id)
	}
}

// begin is called with mu held.
func (p *pictures) begin(id string) {
	if p.all[id] != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	x := &picture{cancel: cancel}
	p.all[id] = x
	p.inFlight++
	go p.load(ctx, id, x)
}

func (p *pictures) load(ctx context.Context, id string, x *picture) {
	url, release, err := platform.Current.ImageURL(ctx, p.place, p.path(p.project, id))
	if err == nil {
		img := app.Window().Get("document").Call("createElement", "img")
		img.Set("draggable", false)
		img.Set("alt", "")
		img.Set("src", url)
		x.img = img
		err = decoded(img)
	}
	p.mu.Lock()
	p.inFlight--
	if p.all[id] != x { // let go meanwhile
		if release != nil {
			release()
		}
		p.more()
		p.mu.Unlock()
		return
	}
	x.ready, x.failed, x.release = err == nil, err, release
	p.more()
	p.mu.Unlock()
	p.loaded(id)
}

type undecodable struct{}

// Error implements error.
func (undecodable) Error() string { return "the browser cannot show this image" }

// decoded waits until img can be painted.
func decoded(img app.Value) error {
	done := make(chan error, 1)
	fine := app.FuncOf(func(app.Value, []app.Value) any { done <- nil; return nil })
	wrong := app.FuncOf(func(app.Value, []app.Value) any { done <- undecodable{}; return nil })
	img.Call("decode").Call("then", fine, wrong)
	err := <-done
	fine.Release()
	wrong.Release()
	return err
}
