package autolabel

import (
	"context"
	"strconv"
	"time"
)

// fullGuess is how many seconds an image takes of a full training, over all epochs, before one was measured.
const fullGuess = 0.1

// What an estimate stands on.
const (
	basisMeasured = "measured"
	basisEarlier  = "earlier"
	basisGuess    = "guess"
)

// fullSeconds is how long training the whole network takes, by the pace of the last one on the same backbone. Nothing is measured here: the
// GPU is another machine's, as a rule.
func (s *Service) fullSeconds(ctx context.Context, p *plan) (seconds float64, basis string, err error) {
	known, _, err := s.cfg.Store.Setting(ctx, tuneKey(p))
	if err != nil {
		return 0, "", err
	}
	basis = basisEarlier
	pace, err := strconv.ParseFloat(known, 64)
	if err != nil || !(pace > 0) {
		pace, basis = fullGuess, basisGuess
	}
	return pace * float64(len(p.assets)), basis, nil
}

// notePace keeps how long a full training took.
func (s *Service) notePace(ctx context.Context, p *plan, took time.Duration) {
	pace := strconv.FormatFloat(took.Seconds()/float64(len(p.assets)), 'g', 6, 64)
	if err := s.cfg.Store.SetSetting(ctx, tuneKey(p), pace); err != nil {
		s.log.WarnContext(ctx, "the pace of a training could not be kept", "error", err)
	}
}
