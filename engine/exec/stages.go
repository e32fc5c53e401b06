package exec

import "time"

// Names of what New does for generated code, in this order.
const (
	Generating = "generate" // planning kernels and buffers, writing the module
	Compiling  = "compile"  // the host's part: its compiler, and making an instance
	Writing    = "weights"  // constants into the module's memory, packed there by its own code
)

// Stage is a part of a start-up and the time that it took.
type Stage struct {
	Name string
	Took time.Duration
}

// Stages tells what New did for r; nothing for executors without generated code.
func Stages(r Runner) []Stage {
	if g, ok := r.(*generated); ok {
		return g.stages
	}
	return nil
}

// clock divides a start-up into stages.
type clock struct {
	since  time.Time
	stages []Stage
}

func (c *clock) start() { c.since = time.Now() }

// end names what was done since the last stage ended.
func (c *clock) end(stage string) {
	now := time.Now()
	c.stages = append(c.stages, Stage{stage, now.Sub(c.since)})
	c.since = now
}
