package tuning

import (
	"context"
	"fmt"
	"sync"

	"github.com/irum-app/irum/engine/tune"
	"github.com/irum-app/irum/engine/vision"
	"github.com/irum-app/irum/server/autolabel"
)

// pictureMemory bounds the decoded images that are kept between epochs, in bytes.
const pictureMemory = 512 << 20

// pictures decodes the images of a run, once as long as there is room for them: those that are learnt from a little larger than the
// network takes them, so that crops have something to choose from, the others just so.
type pictures struct {
	run  *autolabel.Run
	held []bool
	side int

	mu   sync.Mutex
	kept map[int]*vision.Image
	room int
}

func newPictures(r *autolabel.Run, held []bool, side int) *pictures {
	return &pictures{run: r, held: held, side: side, kept: map[int]*vision.Image{}, room: pictureMemory}
}

func (p *pictures) pixels(depth tune.Depth) *tune.Pixels {
	return &tune.Pixels{Image: p.image, Count: len(p.held), Augment: tune.Augmentation(depth)}
}

func (p *pictures) image(ctx context.Context, i int) (*vision.Image, error) {
	p.mu.Lock()
	img := p.kept[i]
	p.mu.Unlock()
	if img != nil {
		return img, nil
	}
	data, err := p.run.Image(ctx, i)
	if err != nil {
		return nil, err
	}
	if img, _, err = vision.Decode(data, vision.Limits{}); err != nil {
		return nil, fmt.Errorf("%s: %w", p.run.Images()[i].Name, err)
	}
	if p.side > 0 {
		most := p.side
		if !p.held[i] {
			most = p.side * 3 / 2
		}
		img = vision.Resize(img, min(img.Width, most), min(img.Height, most))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[i] == nil && len(img.Pix) <= p.room {
		p.kept[i], p.room = img, p.room-len(img.Pix)
	}
	return img, nil
}
