// Package s3 keeps the buckets of a local run: it carries out bucket deployments and serves objects as Amazon S3's REST
// endpoint does for a CloudFront origin.
//
// A bucket is held in memory and in one file, so that every key that S3 allows works on every file system.
package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Bucket is one bucket. It is served when its deployments are over.
type Bucket struct {
	file    string
	objects map[string]object // by key
	permits func(action, key string) bool
}

// object is the content of one key.
type object struct {
	Body         []byte            `json:"body"`
	ETag         string            `json:"etag"`
	LastModified time.Time         `json:"lastModified"`
	Metadata     map[string]string `json:"metadata"` // response headers
}

// bucketName follows the naming rules of general purpose buckets (AmazonS3/latest/userguide/bucketnamingrules).
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*$`)

// Open returns the bucket of this name, whose file in dir the first deployment makes. permits says what CloudFront may do
// with a key: s3:GetObject, or with no key s3:ListBucket.
func Open(dir, name string, permits func(action, key string) bool) (*Bucket, error) {
	if len(name) < 3 || len(name) > 63 || !bucketName.MatchString(name) || strings.HasSuffix(name, "-") {
		return nil, fmt.Errorf("bucket name %q: use 3 to 63 lower-case letters, digits, hyphens and dots", name)
	}
	b := &Bucket{file: filepath.Join(dir, name+".json"), permits: permits}
	if err := jsonfile.Read(b.file, &b.objects); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	return b, nil
}
