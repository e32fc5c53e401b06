package autolabel

import (
	"context"
	"errors"

	"github.com/irum-app/irum/server/domain"
)

var errSkeleton = errors.New("not written yet")

// NewLocal gives an Engine in this process that runs up to parallel images at a time.
func NewLocal(parallel int) Engine { return nil }

// Estimate says what a training would cost.
func (s *Service) Estimate(ctx context.Context, project string, r domain.TrainRequest) (domain.Estimate, error) {
	return domain.Estimate{}, errSkeleton
}

// Train reserves the credits and queues a training job.
func (s *Service) Train(ctx context.Context, project string, r domain.TrainRequest) (domain.Job, error) {
	return domain.Job{}, errSkeleton
}

// Apply queues an apply or dry-run job.
func (s *Service) Apply(ctx context.Context, project, model string, r domain.ApplyRequest) (domain.Job, error) {
	return domain.Job{}, errSkeleton
}

// Job by id, as it stands now.
func (s *Service) Job(ctx context.Context, id string) (domain.Job, error) {
	return domain.Job{}, errSkeleton
}

// Jobs of a project, newest first.
func (s *Service) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	return nil, errSkeleton
}

// Cancel asks a job to stop.
func (s *Service) Cancel(ctx context.Context, id string) (domain.Job, error) {
	return domain.Job{}, errSkeleton
}

// Backbones that are known, the default first.
func (s *Service) Backbones(ctx context.Context) ([]domain.Backbone, error) { return nil, errSkeleton }

// AddBackbone registers an ONNX or TFLite network.
func (s *Service) AddBackbone(ctx context.Context, name, source string, data []byte) (domain.Backbone, error) {
	return domain.Backbone{}, errSkeleton
}

// Samples that TrySample knows.
func (s *Service) Samples() []domain.Sample { return nil }

// TrySample makes a project of a sample.
func (s *Service) TrySample(ctx context.Context, id string) (domain.Job, error) {
	return domain.Job{}, errSkeleton
}

// ModelFile gives a model's ONNX file.
func (s *Service) ModelFile(ctx context.Context, project, model string) (data []byte, filename string, err error) {
	return nil, "", errSkeleton
}
