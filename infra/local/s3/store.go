// Package s3 keeps the buckets of a local run: it carries out bucket deployments and serves objects as Amazon S3's REST
// endpoint does for a CloudFront origin.
//
// A bucket is a folder with an index (key to metadata) and the contents by their SHA-256. Keys are never used as file
// names, so every key that S3 allows works on every file system and none can leave the folder.
package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Store holds the buckets below one folder.
type Store struct {
	dir     string
	mu      sync.Mutex
	buckets map[string]*bucket
}

// NewStore returns the store in dir, which is created with the first deployment.
func NewStore(dir string) *Store {
	return &Store{dir: dir, buckets: map[string]*bucket{}}
}

// object is what the index says about one key.
type object struct {
	Blob         string            `json:"blob"` // SHA-256 of the content, in hexadecimal
	ETag         string            `json:"etag"`
	LastModified time.Time         `json:"lastModified"`
	Metadata     map[string]string `json:"metadata"` // response headers by lower-case name
}

// bucket is one bucket. Readers see one whole index: a deployment replaces it at its end.
type bucket struct {
	name   string
	dir    string
	deploy sync.Mutex // one deployment at a time
	mu     sync.RWMutex
	index  map[string]object
	broken error // why the index could not be read
}

// bucketName follows the naming rules of general purpose buckets (AmazonS3/latest/userguide/bucketnamingrules).
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (s *Store) open(name string) (*bucket, error) {
	if !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return nil, fmt.Errorf("bucket name %q: use 3 to 63 lower-case letters, digits, hyphens and dots", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.buckets[name]; ok {
		return b, nil
	}
	b := &bucket{name: name, dir: filepath.Join(s.dir, name), index: map[string]object{}}
	if err := jsonfile.Read(b.indexFile(), &b.index); err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.broken = err
	}
	s.buckets[name] = b
	return b, nil
}

// Bucket returns the bucket's REST endpoint for reading: GET and HEAD of objects, with ranges and conditions. A bucket
// that nothing was deployed to is empty.
func (s *Store) Bucket(name string) http.Handler {
	b, err := s.open(name)
	if err != nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			writeError(w, r, http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.")
		})
	}
	return b
}

func (b *bucket) indexFile() string        { return filepath.Join(b.dir, "index.json") }
func (b *bucket) blobFile(h string) string { return filepath.Join(b.dir, "blobs", h) }

func (b *bucket) lookup(key string) (object, bool, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	o, ok := b.index[key]
	return o, ok, b.broken
}

func (b *bucket) snapshot() map[string]object {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.index
}

// replace makes index the bucket's content, on disk first.
func (b *bucket) replace(index map[string]object) error {
	if err := jsonfile.Write(b.indexFile(), index); err != nil {
		return fmt.Errorf("bucket %s: %w", b.name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.index, b.broken = index, nil
	return nil
}
