package autolabel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

// Samples that TrySample knows.
func (s *Service) Samples() []domain.Sample {
	if s.cfg.Samples == nil {
		return []domain.Sample{}
	}
	return s.cfg.Samples.Samples()
}

// TrySample makes a project of a sample and starts a job that imports it. The job's ProjectID is set at once. When the import
// fails or is cancelled the project is removed again.
func (s *Service) TrySample(ctx context.Context, id string) (domain.Job, error) {
	at := slices.IndexFunc(s.Samples(), func(x domain.Sample) bool { return x.ID == id })
	if at < 0 {
		return domain.Job{}, domain.Errorf(domain.CodeNotFound, "There is no sample %q here.", id).In("sample")
	}
	sample := s.Samples()[at]
	p, err := s.cfg.Store.CreateProject(ctx, domain.Project{Workspace: domain.WorkspaceOf(ctx), Name: sample.Name, Task: domain.TaskSingle})
	if err != nil {
		return domain.Job{}, err
	}
	j, err := s.start(ctx, work{kind: "sample", project: p.ID, run: func(ctx context.Context, j *job) error {
		err := s.importSample(ctx, j, sample, p.ID)
		if err != nil {
			err = errors.Join(err, s.removeProject(p.ID))
		}
		return err
	}})
	if err != nil {
		return j, errors.Join(err, s.removeProject(p.ID))
	}
	return j, nil
}

// importSample sends the sample's ZIP through an import, as a person would.
func (s *Service) importSample(ctx context.Context, j *job, sample domain.Sample, project string) error {
	j.progress("import", 0, sample.Images)
	archive, err := s.cfg.Samples.Open(ctx, sample.ID)
	if err != nil {
		return fmt.Errorf("open sample: %w", err)
	}
	defer func() { _ = archive.Close() }()
	report, err := s.cfg.Transfer.Start(ctx, project, "auto")
	if err != nil {
		return err
	}
	stop := s.watchImport(ctx, j, sample.Images, project, report.ID)
	_, err = s.cfg.Transfer.File(ctx, project, report.ID, sample.ID+".zip", archive)
	stop()
	if err != nil {
		return err
	}
	if report, err = s.cfg.Transfer.Finish(ctx, project, report.ID); err != nil {
		return err
	}
	if report.Imported == 0 {
		return domain.Errorf(domain.CodeInvalid, "The sample %q holds no image that could be taken.", sample.Name)
	}
	j.progress("import", report.Imported, report.Imported)
	return ctx.Err()
}

// watchImport shows how far an import is, until stop.
func (s *Service) watchImport(ctx context.Context, j *job, total int, project, id string) (stop func()) {
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(2 * saveEvery)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if r, err := s.cfg.Store.Import(ctx, project, id); err == nil {
				done := r.Imported + r.Duplicates + r.RefusedCount
				j.progress("import", done, max(total, done))
			}
		}
	})
	return func() {
		close(ended)
		wg.Wait()
	}
}

// removeProject takes a project back that could not be filled.
func (s *Service) removeProject(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	freed, err := s.cfg.Store.DeleteProject(ctx, id)
	if err != nil {
		return err
	}
	if s.cfg.Queue != nil { // others may be putting the same bytes
		return blob.Discard(ctx, s.cfg.Blobs, freed, discardAfter)
	}
	for _, sha := range freed {
		if err := s.cfg.Blobs.Delete(ctx, sha); err != nil {
			return err
		}
	}
	return nil
}
