package blob

import (
	"context"
	"errors"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// Discard deletes those of shas that were last put more than age ago. Rows no longer name them, but somebody may just have
// put the same bytes and be about to name them: age is longer than that takes. What is too young stays for Sweep.
func Discard(ctx context.Context, b Bucket, shas []string, age time.Duration) error {
	for _, sha := range shas {
		info, err := b.Stat(ctx, sha)
		var p *domain.Problem
		if errors.As(err, &p) && p.Code == domain.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		if time.Since(info.ModTime) <= age {
			continue
		}
		if err := b.Delete(ctx, sha); err != nil {
			return err
		}
	}
	return nil
}

// Sweep deletes all blobs of b that named (store's ReferencedBlobs) does not name and that were last put more than age ago,
// and gives their number and bytes. age also covers what was put and named since named was read.
func Sweep(ctx context.Context, b Bucket, named []string, age time.Duration) (n int, bytes int64, err error) {
	keep := make(map[string]bool, len(named))
	for _, sha := range named {
		keep[sha] = true
	}
	var loose []Info
	for info, err := range b.List(ctx) {
		if err != nil {
			return 0, 0, err
		}
		if !keep[info.SHA256] && time.Since(info.ModTime) > age {
			loose = append(loose, info)
		}
	}
	for _, info := range loose {
		if err := b.Delete(ctx, info.SHA256); err != nil {
			return n, bytes, err
		}
		n++
		bytes += info.Size
	}
	return n, bytes, nil
}
