package serve

import (
	"context"
	"fmt"
	"strings"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
)

// bucketKey begins the setting that names a blob which only the bucket of this database has.
const bucketKey = "bucket/"

// sameBucket makes sure that the processes which share a database also share its blobs: the first to come puts a blob of its own,
// which all others have to find.
func sameBucket(ctx context.Context, st *store.Store, b blob.Bucket) error {
	marks, err := st.Settings(ctx, bucketKey)
	if err != nil {
		return err
	}
	for key := range marks {
		_, err := b.Stat(ctx, strings.TrimPrefix(key, bucketKey))
		switch {
		case err == nil:
		case domain.AsProblem(err).Code == domain.CodeNotFound:
			return domain.Errorf(domain.CodeInvalid, "The images of this database are not where --blobs says. All servers and workers of one Postgres need the same folder, on another machine as a network drive, or the same object storage.").In("blobs")
		default:
			return fmt.Errorf("look for the blobs: %w", err)
		}
	}
	if len(marks) > 0 {
		return nil
	}
	sha, err := b.PutBytes(ctx, []byte("The blobs of one Irum database, "+store.NewID()+".\n"))
	if err != nil {
		return fmt.Errorf("mark the blobs: %w", err)
	}
	return st.SetSetting(ctx, bucketKey+sha, "")
}
