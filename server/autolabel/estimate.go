package autolabel

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// creditSeconds is how much expected computing one credit pays for.
const creditSeconds = 5

// credits is the price of a training: one credit for every started 5 seconds that it is expected to compute on this host,
// at least one. It is reserved before the training is queued; what is kept in the end is the price of the time that it
// took, at most what was reserved. A training that fails or is cancelled costs nothing, and neither does labelling.
func credits(seconds float64) int64 {
	if math.IsNaN(seconds) || seconds <= creditSeconds {
		return 1
	}
	return int64(math.Ceil(min(seconds, 1e9) / creditSeconds))
}

// speeds remembers how fast this host is. It is measured by what is really run, and kept in the store's settings.
type speeds struct {
	mu    sync.Mutex
	known map[string]float64
}

func embedKey(kind, backbone string) string { return "speed:embed:" + kind + ":" + backbone }

func fitKey(kind string) string { return "speed:fit:" + kind }

// get gives a speed that was measured by this or an earlier process.
func (v *speeds) get(ctx context.Context, s *Service, key string) (float64, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if x, ok := v.known[key]; ok {
		return x, true
	}
	text, ok, err := s.cfg.Store.Setting(ctx, key)
	if err != nil || !ok {
		return 0, false
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x > 0) || math.IsInf(x, 0) {
		return 0, false
	}
	v.put(key, x)
	return x, true
}

func (v *speeds) put(key string, x float64) {
	if v.known == nil {
		v.known = map[string]float64{}
	}
	v.known[key] = x
}

// set keeps a measured speed. Failing to is only worth a line in the log.
func (v *speeds) set(s *Service, key string, x float64) {
	if !(x > 0) || math.IsInf(x, 0) {
		return
	}
	v.mu.Lock()
	v.put(key, x)
	v.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.cfg.Store.SetSetting(ctx, key, strconv.FormatFloat(x, 'g', 6, 64)); err != nil {
		s.log.Warn("a measured speed could not be kept", "key", key, "error", err)
	}
}

// embedded notes that count images took so long on some workers. What is kept is the milliseconds of one image on one worker.
func (v *speeds) embedded(s *Service, backbone string, count, workers int, took time.Duration) {
	v.set(s, embedKey(s.cfg.Engine.Kind(), backbone), took.Seconds()*1000*float64(workers)/float64(count))
}

// fitWork is what fitting a head costs, in multiplications: the inner products, then about 20 factorisations.
func fitWork(n, d, classes int) float64 {
	r, long := float64(min(n, d)), float64(max(n, d))
	return r*r*long/2 + 20*(r*r*r/6+r*r*float64(classes)+float64(n)*r*float64(classes))
}

// fitSeconds is how long a fit is expected to take.
func (s *Service) fitSeconds(ctx context.Context, n, more, d, classes int) float64 {
	rate, ok := s.speeds.get(ctx, s, fitKey(s.cfg.Engine.Kind()))
	if !ok {
		rate = 6e8 // before the first training: a modest core, and one in a browser
		if runtime.GOOS == "js" {
			rate = 2e8
		}
	}
	return (fitWork(n, d, classes) + poolWork(n, more, d)) / rate
}

// writeSeconds is what writing a model takes beside: a few files and rows.
const writeSeconds = 0.5

// Estimate says what a training would take and cost on this host. The first one for a backbone embeds an image or two to
// measure; they are kept, so nothing is computed twice.
func (s *Service) Estimate(ctx context.Context, project string, r domain.TrainRequest) (domain.Estimate, error) {
	p, err := s.plan(ctx, project, r)
	if err != nil {
		return domain.Estimate{}, err
	}
	e, err := s.estimate(ctx, p)
	if err != nil {
		return domain.Estimate{}, err
	}
	if e.Balance < e.Credits {
		e.Warnings = append(e.Warnings, "no_credits")
	}
	return e, nil
}

func (s *Service) estimate(ctx context.Context, p *plan) (domain.Estimate, error) {
	pool, err := s.poolOf(ctx, p)
	if err != nil {
		return domain.Estimate{}, err
	}
	missing, err := s.missing(ctx, p.backbone.SHA256, slices.Concat(p.assets, pool))
	if err != nil {
		return domain.Estimate{}, err
	}
	key := embedKey(s.cfg.Engine.Kind(), p.backbone.SHA256)
	ms, known := s.speeds.get(ctx, s, key)
	if !known && len(missing) > 0 {
		if ms, missing, err = s.probe(ctx, p.backbone, missing); err != nil {
			return domain.Estimate{}, err
		}
	}
	balance, err := s.cfg.Store.CreditsOf(ctx, p.project.Workspace)
	if err != nil {
		return domain.Estimate{}, err
	}
	perImage := ms / float64(max(s.cfg.Engine.Parallel(), 1))
	e := domain.Estimate{
		Images: len(p.assets), ToEmbed: len(missing), MsPerImage: perImage, Balance: balance.Balance, Basis: basisMeasured,
		Warnings: append([]string{}, p.warnings...),
	}
	dim := p.backbone.Dim
	if dim == 0 {
		dim = 1728
	}
	e.Seconds = perImage*float64(len(missing))/1000 + s.fitSeconds(ctx, len(p.assets), len(pool), dim, max(len(p.classes), 1)) + writeSeconds
	if l, _ := levels(p.request.Level); l.tuned && p.learnable() && p.project.Task != domain.TaskBoxes {
		more, err := s.tuneSeconds(ctx, p)
		if err != nil {
			return domain.Estimate{}, err
		}
		e.Seconds += more
	}
	if p.project.Task == domain.TaskBoxes {
		var more float64
		if more, e.Basis, err = s.boxSeconds(ctx, p); err != nil {
			return domain.Estimate{}, err
		}
		e.Seconds += more
	}
	if p.request.Level == levelFull {
		var more float64
		if more, e.Basis, err = s.fullSeconds(ctx, p); err != nil {
			return domain.Estimate{}, err
		}
		e.Seconds += more
	}
	e.Credits = credits(e.Seconds)
	return e, nil
}

// tuneKey names the speed of a level of training on a backbone, as Tuner measured it.
func tuneKey(p *plan) string { return "pace:" + p.request.Level + ":" + p.backbone.SHA256 }

// tuneSeconds is how long training more than a head takes, at most. The first estimate measures it.
func (s *Service) tuneSeconds(ctx context.Context, p *plan) (float64, error) {
	known, _, err := s.cfg.Store.Setting(ctx, tuneKey(p))
	if err != nil {
		return 0, err
	}
	seconds, measured, err := s.cfg.Tuner.Estimate(ctx, &Run{t: &training{s: s, plan: p}}, known)
	if err != nil || measured == known {
		return seconds, err
	}
	return seconds, s.cfg.Store.SetSetting(ctx, tuneKey(p), measured)
}

// probe measures how long one image takes, by embedding up to two of those that are missing: the first warms up.
func (s *Service) probe(ctx context.Context, b backboneFile, missing []domain.Asset) (ms float64, rest []domain.Asset, err error) {
	if _, err := s.cfg.Engine.Backbone(ctx, b.SHA256, b.data); err != nil {
		return 0, nil, err
	}
	for _, a := range []domain.Asset{missing[0], missing[min(1, len(missing)-1)]} {
		image, err := s.readImage(ctx, a.SHA256)
		if err != nil {
			return 0, nil, unreadable(a, err)
		}
		started := time.Now()
		v, err := s.cfg.Engine.Embed(ctx, b.SHA256, image)
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		if err != nil {
			return 0, nil, unreadable(a, err)
		}
		ms = max(time.Since(started).Seconds()*1000, 0.01)
		if err := s.cfg.Store.PutEmbeddings(ctx, b.SHA256, map[string][]float32{a.SHA256: v}); err != nil {
			return 0, nil, err
		}
	}
	s.speeds.set(s, embedKey(s.cfg.Engine.Kind(), b.SHA256), ms)
	return ms, missing[min(2, len(missing)):], nil
}

// unreadable says which image stands in the way of a training.
func unreadable(a domain.Asset, err error) error {
	return domain.Errorf(domain.CodeInvalid, "The image %q cannot be read: %v. Delete it from the project and export again.", a.Name, err).In("export")
}
