package s3

import (
	"archive/zip"
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag of a plain upload is the MD5 of its content
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Deployment is one Custom::CDKBucketDeployment whose source assets were found on disk.
type Deployment struct {
	Bucket   string            // DestinationBucketName
	Prefix   string            // DestinationBucketKeyPrefix
	Sources  []string          // asset folders or .zip files; where two hold the same file the later one wins
	Metadata map[string]string // SystemMetadata: "cache-control", "content-type", … for every file
	Prune    bool              // delete what is below the prefix and not in the sources
}

// Deploy copies the sources into the bucket. Readers see either the content before or all of the content after it; an
// error leaves the bucket as it was.
func (s *Store) Deploy(ctx context.Context, d Deployment) error {
	b, err := s.open(d.Bucket)
	if err != nil {
		return err
	}
	b.deploy.Lock()
	defer b.deploy.Unlock()
	if err := os.MkdirAll(filepath.Join(b.dir, "blobs"), 0o755); err != nil {
		return fmt.Errorf("creating bucket %s: %w", d.Bucket, err)
	}
	run := &deployment{Deployment: d, bucket: b, now: time.Now().UTC().Truncate(time.Second), fresh: map[string]object{}}
	run.Prefix = strings.Trim(d.Prefix, "/")
	for _, source := range d.Sources {
		if err := run.copySource(ctx, source); err != nil {
			return fmt.Errorf("deploying %s to bucket %s: %w", source, d.Bucket, err)
		}
	}
	if err := b.replace(run.merged()); err != nil {
		return err
	}
	return b.removeUnused()
}

type deployment struct {
	Deployment
	bucket *bucket
	now    time.Time
	fresh  map[string]object
}

// copySource stores every file of a folder or a zip.
func (d *deployment) copySource(ctx context.Context, source string) error {
	info, err := os.Stat(source)
	if err != nil {
		return fmt.Errorf("the source asset is missing, synthesize again: %w", err)
	}
	if !info.IsDir() {
		return d.copyZip(ctx, source)
	}
	root, err := os.OpenRoot(source) // keeps symbolic links inside the folder
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return d.copyFile(ctx, name, func() (io.ReadCloser, error) { return root.Open(name) })
	})
}

func (d *deployment) copyZip(ctx context.Context, file string) error {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("reading the zip: %w", err)
	}
	defer func() { _ = archive.Close() }()
	for _, entry := range archive.File {
		if strings.HasSuffix(entry.Name, "/") {
			continue
		}
		if !fs.ValidPath(entry.Name) || strings.Contains(entry.Name, `\`) {
			return fmt.Errorf("entry %q would leave the bucket's folder: make the zip again with relative names", entry.Name)
		}
		if err := d.copyFile(ctx, entry.Name, entry.Open); err != nil {
			return err
		}
	}
	return nil
}

func (d *deployment) copyFile(ctx context.Context, name string, open func() (io.ReadCloser, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	content, err := open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	o, err := d.bucket.store(content)
	if err != nil {
		return fmt.Errorf("storing %s: %w", name, err)
	}
	o.LastModified = d.now
	o.Metadata = map[string]string{"content-type": contentType(name)}
	for k, v := range d.Metadata {
		o.Metadata[strings.ToLower(k)] = v
	}
	d.fresh[path.Join(d.Prefix, name)] = o
	return nil
}

// merged is the bucket's new index.
func (d *deployment) merged() map[string]object {
	index := maps.Clone(d.bucket.snapshot())
	if d.Prune {
		maps.DeleteFunc(index, func(key string, _ object) bool {
			return d.Prefix == "" || strings.HasPrefix(key, d.Prefix+"/")
		})
	}
	maps.Copy(index, d.fresh)
	return index
}

// store writes one content under its hash.
func (b *bucket) store(content io.Reader) (object, error) {
	tmp, err := os.CreateTemp(b.dir, ".new-*")
	if err != nil {
		return object{}, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already when the rename succeeded
	sum, tag := sha256.New(), md5.New()          //nolint:gosec // see the import
	_, err = io.Copy(io.MultiWriter(tmp, sum, tag), content)
	if err = errors.Join(err, tmp.Close()); err != nil {
		return object{}, err
	}
	o := object{Blob: hex.EncodeToString(sum.Sum(nil)), ETag: `"` + hex.EncodeToString(tag.Sum(nil)) + `"`}
	return o, os.Rename(tmp.Name(), b.blobFile(o.Blob))
}

// removeUnused deletes contents that no key names any more.
func (b *bucket) removeUnused() error {
	used := map[string]bool{}
	for _, o := range b.snapshot() {
		used[o.Blob] = true
	}
	entries, err := os.ReadDir(filepath.Join(b.dir, "blobs"))
	if err != nil {
		return fmt.Errorf("listing bucket %s: %w", b.name, err)
	}
	for _, e := range entries {
		if !used[e.Name()] {
			if err := os.Remove(b.blobFile(e.Name())); err != nil {
				return fmt.Errorf("removing an unused object of bucket %s: %w", b.name, err)
			}
		}
	}
	return nil
}
