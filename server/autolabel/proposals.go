package autolabel

import (
	"context"
	"fmt"
	"sync"

	"github.com/irum-app/irum/engine/detect"
	"github.com/irum-app/irum/engine/onnx"
	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// proposer is the network that proposes things of no class, made once.
type proposer struct {
	mu   sync.Mutex
	sha  string
	file []byte
}

// proposals makes the network ready and gives its digest.
func (s *Service) proposals(ctx context.Context) (sha string, err error) {
	if !s.computes() {
		return "", errNoEngine()
	}
	if s.cfg.Proposals == nil {
		return "", domain.Errorf(domain.CodeUnsupported, "This host proposes no boxes. Draw some, and train an Auto-label AI that finds them.")
	}
	p := &s.proposer
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		_, data, err := s.defaultCard(ctx)
		if err != nil {
			return "", err
		}
		backbone, err := onnx.Read(data)
		if err != nil {
			return "", fmt.Errorf("read the default backbone: %w", err)
		}
		if data, err = s.cfg.Proposals(ctx); err != nil {
			return "", fmt.Errorf("read the head of proposals: %w", err)
		}
		head, err := onnx.Read(data)
		if err != nil {
			return "", fmt.Errorf("read the head of proposals: %w", err)
		}
		if p.file, err = detect.Proposer(backbone, head); err != nil {
			return "", domain.Errorf(domain.CodeUnsupported, "This host proposes no boxes: %v.", err)
		}
		p.sha = blob.Sum(p.file)
	}
	file := p.file
	_, err = s.cfg.Engine.Backbone(ctx, p.sha, func(context.Context) ([]byte, error) { return file, nil })
	return p.sha, err
}

// Propose gives boxes in an image that may hold something, at most limit, the likeliest first. It needs no label and no model: the network is the
// one that Irum comes with. CodeUnsupported where the host has none.
func (s *Service) Propose(ctx context.Context, project, asset string, limit int) (domain.Proposals, error) {
	a, err := s.cfg.Store.Asset(ctx, project, asset)
	if err != nil {
		return domain.Proposals{}, err
	}
	sha, err := s.proposals(ctx)
	if err != nil {
		return domain.Proposals{}, err
	}
	data, err := s.readImage(ctx, a.SHA256)
	if err != nil {
		return domain.Proposals{}, err
	}
	found, err := s.cfg.Engine.Embed(ctx, sha, data)
	if err != nil {
		return domain.Proposals{}, err
	}
	list, err := detect.Proposals(found, float64(a.Width), float64(a.Height), limit)
	if err != nil {
		return domain.Proposals{}, err
	}
	out := domain.Proposals{Boxes: []domain.Proposal{}}
	for _, o := range list {
		if b, ok := boxIn(a, o.Box); ok {
			out.Boxes = append(out.Boxes, domain.Proposal{X: b.X, Y: b.Y, W: b.W, H: b.H, Score: o.Score})
		}
	}
	return out, nil
}
