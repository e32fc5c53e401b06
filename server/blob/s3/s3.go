// Package s3 keeps blobs in an object storage that speaks Amazon's S3: a blob.Bucket for servers whose data does not fit one
// disk, or is shared by several. An object appears whole or not at all, multipart uploads too.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

const (
	// partSize is from which size on an object is uploaded in parts of that size; each part is sent again alone when it fails.
	partSize = 16 << 20
	// freshFor is how long what was put lately need not be put again to be young (blob.Sweep).
	freshFor = time.Minute
	// reachable is how long opening waits for an answer.
	reachable = 20 * time.Second
)

// Bucket is a blob.Bucket under a prefix of a bucket of S3: PREFIX/ab/cd/abcd... by the first digits of the sha.
type Bucket struct {
	client *minio.Client
	bucket string
	prefix string // "" or with a / at its end
}

var _ blob.Bucket = (*Bucket)(nil)

// Is tells whether an address is one for Open.
func Is(address string) bool { return strings.HasPrefix(address, "s3://") }

// Open opens s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=REGION and looks whether it may be used. Without an
// endpoint it is Amazon's. Keys come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), the
// file ~/.aws/credentials, or the machine's role; never from the address, and no error repeats one. What is wrong is a
// *domain.Problem about the field blobs.
func Open(ctx context.Context, address string) (*Bucket, error) {
	where, err := parse(address)
	if err != nil {
		return nil, err
	}
	transport, err := minio.DefaultTransport(where.secure)
	if err != nil {
		return nil, fmt.Errorf("prepare requests to the object storage: %w", err)
	}
	keys := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	if where.amazon { // only there a machine has a role
		keys = append(keys, &credentials.IAM{Client: &http.Client{Transport: transport}})
	}
	client, err := minio.New(where.host, &minio.Options{
		Creds: credentials.NewChainCredentials(keys), Secure: where.secure, Transport: transport, Region: where.region,
		BucketLookup: where.lookup(), TrailingHeaders: false,
	})
	if err != nil {
		return nil, wrong("The address of the object storage is not good: %v.", err)
	}
	b := &Bucket{client: client, bucket: where.bucket, prefix: where.prefix}
	ctx, cancel := context.WithTimeout(ctx, reachable)
	defer cancel()
	there, err := client.BucketExists(ctx, b.bucket)
	if err != nil {
		return nil, explain("open", err)
	}
	if !there {
		return nil, wrong("There is no bucket %q at %s. Make it first.", b.bucket, where.host)
	}
	return b, nil
}

// place is an address taken apart.
type place struct {
	host, region, bucket, prefix string
	secure, amazon               bool
}

func wrong(format string, args ...any) error {
	return domain.Errorf(domain.CodeInvalid, format, args...).In("blobs")
}

func parse(address string) (p place, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.Fragment != "" {
		return p, wrong("The blobs' address looks like s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION.")
	}
	if u.User != nil {
		return p, wrong("Keys do not belong into the blobs' address: give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.")
	}
	p = place{host: "s3.amazonaws.com", bucket: u.Host, secure: true, amazon: true, region: u.Query().Get("region")}
	if p.prefix = strings.Trim(u.Path, "/"); p.prefix != "" {
		p.prefix = path.Clean(p.prefix) + "/"
	}
	for name := range u.Query() {
		if name != "endpoint" && name != "region" {
			return p, wrong("The blobs' address takes endpoint and region, not %q.", name)
		}
	}
	if text := u.Query().Get("endpoint"); text != "" {
		e, err := url.Parse(text)
		if err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" || strings.Trim(e.Path, "/") != "" || e.User != nil {
			return p, wrong("The endpoint of the blobs' address looks like https://HOST:PORT.")
		}
		p.host, p.secure, p.amazon = e.Host, e.Scheme == "https", strings.HasSuffix(e.Hostname(), ".amazonaws.com")
	}
	return p, nil
}

// lookup names buckets in the path where the endpoint is not Amazon's: few others answer under a name for each bucket.
func (p place) lookup() minio.BucketLookupType {
	if p.amazon {
		return minio.BucketLookupAuto
	}
	return minio.BucketLookupPath
}

// explain makes an error of the storage one that says what to do. Of an answer only its code is told: what else it says may
// come from anywhere, and may hold keys.
func explain(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && what != "open" {
		return err
	}
	var answer minio.ErrorResponse
	if !errors.As(err, &answer) || answer.Code == "" {
		var outside *url.Error
		if errors.As(err, &outside) {
			return domain.Errorf(domain.CodeUnavailable, "The object storage cannot be reached: %v.", outside.Err).In("blobs")
		}
		return fmt.Errorf("%s blob: %w", what, err)
	}
	switch answer.Code {
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidTokenId", "ExpiredToken", "InvalidToken":
		return domain.Errorf(domain.CodeUnavailable, "The object storage does not take the keys (%s). Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.", answer.Code).In("blobs")
	case "AccessDenied", "AllAccessDisabled", "AccountProblem":
		return domain.Errorf(domain.CodeUnavailable, "The object storage does not allow it (%s). The keys need the rights to list, read, write and delete objects of the bucket.", answer.Code).In("blobs")
	case minio.NoSuchBucket:
		return domain.Errorf(domain.CodeUnavailable, "The bucket of the object storage is not there any more.").In("blobs")
	case "RequestTimeTooSkewed":
		return domain.Errorf(domain.CodeUnavailable, "The object storage has another time than this machine. Set the clock.").In("blobs")
	}
	return domain.Errorf(domain.CodeUnavailable, "The object storage answered %s (%d).", answer.Code, answer.StatusCode).In("blobs")
}

func missing(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && (answer.Code == minio.NoSuchKey || answer.StatusCode == http.StatusNotFound && answer.Code != minio.NoSuchBucket)
}

func (b *Bucket) key(sha string) string { return b.prefix + sha[:2] + "/" + sha[2:4] + "/" + sha }

// Put implements blob.Bucket. The name is known when all is read, so that the bytes wait in memory, or in a file where they
// are many.
func (b *Bucket) Put(ctx context.Context, r io.Reader) (sha string, n int64, err error) {
	spooled, err := spool(ctx, r)
	if err != nil {
		return "", 0, err
	}
	defer spooled.close()
	return spooled.sha, spooled.size, b.upload(ctx, spooled.sha, spooled.reader(), spooled.size)
}

// PutBytes implements blob.Bucket.
func (b *Bucket) PutBytes(ctx context.Context, data []byte) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	sha := blob.Sum(data)
	return sha, b.upload(ctx, sha, bytes.NewReader(data), int64(len(data)))
}

func (b *Bucket) upload(ctx context.Context, sha string, r io.Reader, size int64) error {
	if info, err := b.Stat(ctx, sha); err == nil && info.Size == size && time.Since(info.ModTime) < freshFor {
		return nil
	}
	_, err := b.client.PutObject(ctx, b.bucket, b.key(sha), r, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", PartSize: partSize, SendContentMd5: true,
	})
	return explain("put", err)
}

// Get implements blob.Bucket. The reader asks for the parts that are read.
func (b *Bucket) Get(ctx context.Context, sha string) (io.ReadCloser, error) {
	if !blob.Valid(sha) {
		return nil, blob.NotFound(sha)
	}
	o, err := b.client.GetObject(ctx, b.bucket, b.key(sha), minio.GetObjectOptions{})
	if err == nil {
		_, err = o.Stat() // nothing was asked before
	}
	if err == nil {
		return object{o}, nil
	}
	if o != nil {
		_ = o.Close()
	}
	if missing(err) {
		return nil, blob.NotFound(sha)
	}
	return nil, explain("get", err)
}

// object explains the errors of reading.
type object struct{ *minio.Object }

func (o object) Read(p []byte) (int, error) {
	n, err := o.Object.Read(p)
	return n, reading(err)
}

func (o object) ReadAt(p []byte, at int64) (int, error) {
	n, err := o.Object.ReadAt(p, at)
	return n, reading(err)
}

func reading(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return explain("read", err)
}

// Stat implements blob.Bucket.
func (b *Bucket) Stat(ctx context.Context, sha string) (blob.Info, error) {
	if !blob.Valid(sha) {
		return blob.Info{}, blob.NotFound(sha)
	}
	info, err := b.client.StatObject(ctx, b.bucket, b.key(sha), minio.StatObjectOptions{})
	if missing(err) {
		return blob.Info{}, blob.NotFound(sha)
	}
	return blob.Info{SHA256: sha, Size: info.Size, ModTime: info.LastModified}, explain("stat", err)
}

// Delete implements blob.Bucket.
func (b *Bucket) Delete(ctx context.Context, sha string) error {
	if !blob.Valid(sha) {
		return nil
	}
	err := b.client.RemoveObject(ctx, b.bucket, b.key(sha), minio.RemoveObjectOptions{})
	if missing(err) {
		return nil
	}
	return explain("delete", err)
}

// List implements blob.Bucket: S3 lists in the order of keys, which is that of shas. Objects that are no blobs are passed over.
func (b *Bucket) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if err := ctx.Err(); err != nil {
			yield(blob.Info{}, err)
			return
		}
		for o := range b.client.ListObjects(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
			if o.Err != nil {
				yield(blob.Info{}, explain("list", o.Err))
				return
			}
			sha := path.Base(o.Key)
			if !blob.Valid(sha) || o.Key != b.key(sha) {
				continue
			}
			if !yield(blob.Info{SHA256: sha, Size: o.Size, ModTime: o.LastModified}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(blob.Info{}, err)
		}
	}
}
