package s3

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3's ETag of a plain upload is the MD5 of its content
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Deployment is one Custom::CDKBucketDeployment whose source assets were found on disk.
type Deployment struct {
	Prefix   string              // DestinationBucketKeyPrefix
	Sources  []string            // asset folders or .zip files; where two hold the same file the later one wins
	Markers  []map[string]string // what to write for texts in the files of each source; there may be fewer than sources
	Metadata map[string]string   // SystemMetadata: "cache-control", "content-type", … for every file
	Prune    bool                // delete what is below the prefix and not in the sources
}

// Deploy copies the sources into the bucket. An error leaves the bucket as it was.
func (b *Bucket) Deploy(ctx context.Context, d Deployment) error {
	d.Prefix = strings.Trim(d.Prefix, "/")
	objects := map[string]object{}
	for key, o := range b.objects {
		if !d.Prune || d.Prefix != "" && !strings.HasPrefix(key, d.Prefix+"/") {
			objects[key] = o
		}
	}
	now := time.Now().UTC().Truncate(time.Second)
	for i, source := range d.Sources {
		err := walk(source, func(name string, body []byte) error {
			objects[path.Join(d.Prefix, name)] = d.object(name, d.filled(i, body), now)
			return ctx.Err()
		})
		if err != nil {
			return fmt.Errorf("deploying %s: %w", source, err)
		}
	}
	if err := jsonfile.Write(b.file, objects); err != nil {
		return err
	}
	b.objects = objects
	return nil
}

func (d Deployment) filled(source int, body []byte) []byte {
	if source < len(d.Markers) {
		for marker, value := range d.Markers[source] {
			body = bytes.ReplaceAll(body, []byte(marker), []byte(value))
		}
	}
	return body
}

func (d Deployment) object(name string, body []byte, now time.Time) object {
	o := object{Body: body, LastModified: now, Metadata: map[string]string{"Content-Type": contentType(name)}}
	o.ETag = fmt.Sprintf(`"%x"`, md5.Sum(body)) //nolint:gosec // see the import
	for name, value := range d.Metadata {
		o.Metadata[http.CanonicalHeaderKey(name)] = value
	}
	return o
}

// walk goes through the files of a folder or a zip.
func walk(source string, visit func(name string, body []byte) error) error {
	files, closer, err := assembly.Files(source)
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return visit(name, body)
	})
}
