package autolabel

import (
	"context"
	"strconv"
	"time"
)

// fullGuess is how many seconds an image takes of a full training, over all epochs, before one was measured.
const fullGuess = 0.1

// fullSeconds is how long training the whole network takes, by the pace of the last one on the same backbone.
func (s *Service) fullSeconds(ctx context.Context, p *plan) (float64, error) {
	known, _, err := s.cfg.Store.Setting(ctx, tuneKey(p))
	if err != nil {
		return 0, err
	}
	pace, err := strconv.ParseFloat(known, 64)
	if err != nil || !(pace > 0) {
		pace = fullGuess
	}
	return pace * float64(len(p.assets)), nil
}

// notePace keeps how long a full training took.
func (s *Service) notePace(ctx context.Context, p *plan, took time.Duration) {
	pace := strconv.FormatFloat(took.Seconds()/float64(len(p.assets)), 'g', 6, 64)
	if err := s.cfg.Store.SetSetting(ctx, tuneKey(p), pace); err != nil {
		s.log.WarnContext(ctx, "the pace of a training could not be kept", "error", err)
	}
}
