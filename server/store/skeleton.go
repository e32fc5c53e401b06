package store

import (
	"context"
	"errors"

	"github.com/irum-app/irum/server/domain"
)

var errUnfinished = errors.New("not written yet")

// DeleteProject is described in doc.go.
func (s *Store) DeleteProject(ctx context.Context, id string) (freed []string, err error) {
	return nil, errUnfinished
}

// DeleteAssets is described in doc.go.
func (s *Store) DeleteAssets(ctx context.Context, project string, f domain.Filter) (n int, freed []string, err error) {
	return 0, nil, errUnfinished
}

// SaveExport is described in doc.go.
func (s *Store) SaveExport(ctx context.Context, e domain.Export) (domain.Export, error) {
	return domain.Export{}, errUnfinished
}

// Exports is described in doc.go.
func (s *Store) Exports(ctx context.Context, project string) ([]domain.Export, error) {
	return nil, errUnfinished
}

// Export is described in doc.go.
func (s *Store) Export(ctx context.Context, project, id string) (domain.Export, error) {
	return domain.Export{}, errUnfinished
}

// SaveModel is described in doc.go.
func (s *Store) SaveModel(ctx context.Context, m ModelRecord) (ModelRecord, error) {
	return ModelRecord{}, errUnfinished
}

// Models is described in doc.go.
func (s *Store) Models(ctx context.Context, project string) ([]ModelRecord, error) {
	return nil, errUnfinished
}

// Model is described in doc.go.
func (s *Store) Model(ctx context.Context, project, id string) (ModelRecord, error) {
	return ModelRecord{}, errUnfinished
}

// DeleteModel is described in doc.go.
func (s *Store) DeleteModel(ctx context.Context, project, id string) (freed []string, err error) {
	return nil, errUnfinished
}

// SaveJob is described in doc.go.
func (s *Store) SaveJob(ctx context.Context, j domain.Job) error {
	return errUnfinished
}

// Job is described in doc.go.
func (s *Store) Job(ctx context.Context, id string) (domain.Job, error) {
	return domain.Job{}, errUnfinished
}

// Jobs is described in doc.go.
func (s *Store) Jobs(ctx context.Context, project string) ([]domain.Job, error) {
	return nil, errUnfinished
}

// FailRunningJobs is described in doc.go.
func (s *Store) FailRunningJobs(ctx context.Context, reason string) ([]domain.Job, error) {
	return nil, errUnfinished
}

// Grant is described in doc.go.
func (s *Store) Grant(ctx context.Context, amount int64) error {
	return errUnfinished
}

// Reserve is described in doc.go.
func (s *Store) Reserve(ctx context.Context, job string, amount int64) error {
	return errUnfinished
}

// Settle is described in doc.go.
func (s *Store) Settle(ctx context.Context, job string, actual int64) error {
	return errUnfinished
}

// Refund is described in doc.go.
func (s *Store) Refund(ctx context.Context, job string) error {
	return errUnfinished
}

// Credits is described in doc.go.
func (s *Store) Credits(ctx context.Context) (domain.Credits, error) {
	return domain.Credits{}, errUnfinished
}

// PutEmbeddings is described in doc.go.
func (s *Store) PutEmbeddings(ctx context.Context, backbone string, vectors map[string][]float32) error {
	return errUnfinished
}

// Embeddings is described in doc.go.
func (s *Store) Embeddings(ctx context.Context, backbone string, shas []string) (map[string][]float32, error) {
	return nil, errUnfinished
}

// HaveEmbeddings is described in doc.go.
func (s *Store) HaveEmbeddings(ctx context.Context, backbone string, shas []string) (map[string]bool, error) {
	return nil, errUnfinished
}

// CreateImport is described in doc.go.
func (s *Store) CreateImport(ctx context.Context, r ImportRecord) (ImportRecord, error) {
	return ImportRecord{}, errUnfinished
}

// AddToImport is described in doc.go.
func (s *Store) AddToImport(ctx context.Context, project, id string, delta domain.ImportReport) error {
	return errUnfinished
}

// SetImportPending is described in doc.go.
func (s *Store) SetImportPending(ctx context.Context, project, id string, pending []byte) error {
	return errUnfinished
}

// FinishImport is described in doc.go.
func (s *Store) FinishImport(ctx context.Context, project, id string) error {
	return errUnfinished
}

// Import is described in doc.go.
func (s *Store) Import(ctx context.Context, project, id string) (ImportRecord, error) {
	return ImportRecord{}, errUnfinished
}

// Setting is described in doc.go.
func (s *Store) Setting(ctx context.Context, key string) (value string, ok bool, err error) {
	return value, ok, errUnfinished
}

// SetSetting is described in doc.go.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	return errUnfinished
}

// Settings is described in doc.go.
func (s *Store) Settings(ctx context.Context, prefix string) (map[string]string, error) {
	return nil, errUnfinished
}

// ReferencedBlobs is described in doc.go.
func (s *Store) ReferencedBlobs(ctx context.Context) ([]string, error) {
	return nil, errUnfinished
}

func (s *Store) firstGrant(context.Context) error { return nil }

