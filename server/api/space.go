package api

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/store"
)

// space knows when blobs may be deleted. An import puts a blob first and writes its row then; if the same bytes were freed
// by a deletion in between, the row would name a blob that is gone. So nothing is deleted while files arrive; Sweep gets it.
type space struct {
	files sync.RWMutex // read-locked while a file is taken in

	mu      sync.Mutex
	samples []string // jobs that import
}

func (s *space) arriving() (done func()) {
	s.files.RLock()
	return s.files.RUnlock
}

func (s *space) sample(job string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, job)
}

// sharedAge is how long ago a blob was last put that is removed while other processes, whose imports are not seen here, use the bucket.
const sharedAge = time.Hour

// drop removes blobs that no row names any more. The rows are gone already, so what stays only costs space.
func (s *server) drop(ctx context.Context, freed []string) {
	ctx = context.WithoutCancel(ctx)
	if s.Shared {
		if err := blob.Discard(ctx, s.Transfer.Blobs, freed, sharedAge); err != nil {
			s.Log.WarnContext(ctx, "blobs stay though nothing needs them", "error", err)
		}
		return
	}
	if len(freed) == 0 || s.sampling(ctx) || !s.space.files.TryLock() {
		return
	}
	defer s.space.files.Unlock()
	for _, sha := range freed {
		if err := s.Transfer.Blobs.Delete(ctx, sha); err != nil {
			s.Log.WarnContext(ctx, "a blob stays though nothing needs it", "sha256", sha, "error", err)
		}
	}
}

// sampling tells whether a sample is being imported.
func (s *server) sampling(ctx context.Context) bool {
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	s.space.samples = slices.DeleteFunc(s.space.samples, func(id string) bool {
		job, err := s.Auto.Job(ctx, id)
		return err != nil || !job.State.Open()
	})
	return len(s.space.samples) > 0
}

// Sweep deletes the blobs that no row names: what deletions left, and what imports put before they were cut off. It gives
// their number. Call it only while nothing else uses the bucket, before a host starts to answer.
func Sweep(ctx context.Context, st *store.Store, blobs blob.Bucket) (int, error) {
	named, err := st.ReferencedBlobs(ctx)
	if err != nil {
		return 0, err
	}
	needed := make(map[string]bool, len(named))
	for _, sha := range named {
		needed[sha] = true
	}
	var leftover []string
	for info, err := range blobs.List(ctx) {
		if err != nil {
			return 0, fmt.Errorf("list blobs: %w", err)
		}
		if !needed[info.SHA256] {
			leftover = append(leftover, info.SHA256)
		}
	}
	for i, sha := range leftover {
		if err := blobs.Delete(ctx, sha); err != nil {
			return i, fmt.Errorf("delete blob %s: %w", sha, err)
		}
	}
	return len(leftover), nil
}
