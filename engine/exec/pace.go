package exec

import "time"

// pace decides which runs of a session use its helpers, by what runs take: a helper whose core another program has costs more
// than it gives. The way that is in use is tried against the other one now and then, and soon when it has become slower.
type pace struct {
	alone  bool          // the way in use is without helpers
	left   int           // runs on trial of the other way
	tried  time.Duration // their sum
	usual  time.Duration // a moving mean of the way in use, from its last trial on
	before time.Duration // usual at the last trial
	runs   int           // since then
	hold   int           // runs between trials
}

const (
	trial     = 3   // runs
	firstHold = 16  // runs between trials at first
	longHold  = 512 // and at most
)

// solo tells whether the next run goes without helpers.
func (p *pace) solo() bool { return p.alone != (p.left > 0) }

// note takes down what the run took.
func (p *pace) note(took time.Duration) {
	if p.left > 0 {
		p.tried += took
		if p.left--; p.left == 0 {
			p.decide(p.tried / trial)
		}
		return
	}
	p.runs++
	p.usual += (took - p.usual) / time.Duration(min(p.runs, 8))
	slower := p.before > 0 && p.runs >= firstHold/2 && p.usual > p.before+p.before/4
	if p.runs >= max(p.hold, firstHold) || slower {
		p.left, p.tried = trial, 0
	}
}

// decide goes over to the other way if it takes clearly less, and otherwise tries it less often.
func (p *pace) decide(other time.Duration) {
	if other < p.usual-p.usual/16 {
		p.alone = !p.alone
		p.usual, p.hold = other, firstHold
	} else {
		p.hold = min(2*max(p.hold, firstHold), longHold)
	}
	p.before, p.runs = p.usual, 0
}
