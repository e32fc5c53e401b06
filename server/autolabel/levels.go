package autolabel

import (
	"context"
	"slices"

	"github.com/irum-app/irum/server/domain"
)

// Levels of training.
const (
	levelHead    = "head"    // a head on the backbone's embeddings
	levelLast    = "last"    // the backbone's last blocks and a head
	levelWhole   = "whole"   // all of the backbone and a head
	levelScratch = "scratch" // a small network from scratch
	levelFull    = "full"    // the whole network, on a GPU
)

// level is one depth of training. label is what a worker has to offer that runs it, "" for any; priority is that of its jobs
// within a workspace: what takes long goes after what somebody waits for. run trains a plan and publishes the model.
type level struct {
	label    string
	priority int
	tuned    bool // by Config.Tuner
	run      func(t *training, ctx context.Context, j *job) error
}

// Priorities of jobs, higher is sooner.
const (
	priorityLong  = -1 // trainings of many minutes
	priorityTrain = 0
	priorityAsked = 1 // what the one who asked looks at until it is there
)

// levels are those that this program knows. A process runs them when it offers their label.
func levels(name string) (level, bool) {
	switch name {
	case "", levelHead:
		return level{priority: priorityTrain, run: (*training).runHead}, true
	case levelFull:
		return level{label: domain.LabelGPU, priority: priorityLong, run: (*training).runTrainer}, true
	case levelLast, levelWhole, levelScratch:
		return level{priority: priorityLong, tuned: true, run: (*training).runTuner}, true
	}
	return level{}, false
}

// Levels are all depths of training, the quickest first, with the reason where this host does not offer one.
func (s *Service) Levels() []domain.Level {
	var out []domain.Level
	for _, id := range []string{levelHead, levelLast, levelWhole, levelScratch, levelFull} {
		l := domain.Level{ID: id, Tasks: s.tasksOf(id)}
		if _, err := s.level(id); err != nil {
			l.Reason = domain.LevelNoGPU
			if s.cfg.Tuner == nil {
				l.Reason = domain.LevelBrowser
			}
			if !s.computes() {
				l.Reason = domain.LevelEdge
			}
		}
		out = append(out, l)
	}
	return out
}

// Tasks are those of which this host trains models.
func (s *Service) Tasks() []domain.Task {
	tasks := []domain.Task{domain.TaskSingle, domain.TaskMulti}
	if s.cfg.Boxes != nil && s.computes() {
		tasks = append(tasks, domain.TaskBoxes)
	}
	return tasks
}

// tasksOf are those that a level is for on this host.
func (s *Service) tasksOf(level string) []domain.Task {
	tasks := []domain.Task{domain.TaskSingle, domain.TaskMulti}
	if s.cfg.Boxes != nil && (level == levelHead || level == levelWhole && s.cfg.BoxTuner != nil) {
		tasks = append(tasks, domain.TaskBoxes)
	}
	return tasks
}

// level finds the level of a request. CodeUnsupported when it is not known, or when this host alone runs the jobs and does not
// offer what the level needs; where several processes do, a worker may be connected later.
func (s *Service) level(name string) (level, error) {
	l, ok := levels(name)
	if !ok {
		return l, domain.Errorf(domain.CodeUnsupported, "There is no level %q of training. Use head, last, whole, scratch or full.", name).In("level")
	}
	if !s.computes() {
		return l, errNoEngine().In("level")
	}
	if l.tuned && s.cfg.Tuner == nil {
		return l, domain.Errorf(domain.CodeUnsupported, "This host does not train at the level %q: a browser trains heads only. Use a server.", name).In("level")
	}
	if l.label != "" && s.cfg.Queue == nil && !slices.Contains(s.cfg.Labels, l.label) {
		return l, domain.Errorf(domain.CodeUnsupported, "This host does not train at the level %q: that needs a worker with %s, and a Postgres that it shares with the server.", name, l.label).In("level")
	}
	return l, nil
}

// computes tells whether this host has an Engine that computes. Without one it starts no jobs.
func (s *Service) computes() bool { return s.cfg.Engine == nil || s.cfg.Engine.Parallel() > 0 }

func errNoEngine() *domain.Problem {
	return domain.Errorf(domain.CodeUnsupported, "This host computes nothing and runs no jobs. Make a project on your device, or run a server.")
}
