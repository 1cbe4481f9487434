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
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Bucket is one bucket. Readers see either the content before a deployment or all of the content after it.
type Bucket struct {
	file    string
	deploys sync.Mutex // one deployment at a time
	mu      sync.RWMutex
	objects map[string]object // by key; never changed
	damaged error             // why the file could not be read; the next deployment replaces it
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
		b.damaged = err
	}
	return b, nil
}

func (b *Bucket) content() (map[string]object, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.objects, b.damaged
}

// replace makes objects the bucket's content, on disk first.
func (b *Bucket) replace(objects map[string]object) error {
	if err := jsonfile.Write(b.file, objects); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects, b.damaged = objects, nil
	return nil
}
