package s3

import (
	"archive/zip"
	"crypto/md5" //nolint:gosec // S3's ETag
	"encoding/hex"
	"encoding/xml"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const site = "miyabi-local-site"

// folder writes an asset folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// zipFile writes a zip with the names as they are.
func zipFile(t *testing.T, files map[string]string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "asset.zip")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	for name, content := range files {
		entry, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// everything permits what CloudFront asks for.
func everything(string, string) bool { return true }

func opened(t *testing.T, dir string) *Bucket {
	t.Helper()
	b, err := Open(dir, site, everything)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func deploy(t *testing.T, b *Bucket, d Deployment) {
	t.Helper()
	if err := b.Deploy(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func request(b *Bucket, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	b.ServeHTTP(rec, r)
	return rec
}

func keys(b *Bucket) []string { return slices.Sorted(maps.Keys(b.objects)) }

func TestObjectsAreServedWithTheirMetadata(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"index.html": "<p>"})}, Metadata: map[string]string{"Cache-Control": "max-age=60"}})
	rec := request(s, "GET", "/index.html")
	sum := md5.Sum([]byte("<p>")) //nolint:gosec // S3's ETag
	for name, want := range map[string]string{
		"Content-Type": "text/html", "Cache-Control": "max-age=60", "Etag": `"` + hex.EncodeToString(sum[:]) + `"`,
		"Content-Length": "3", "Accept-Ranges": "bytes", "Server": "AmazonS3", "X-Amz-Server-Side-Encryption": "AES256",
	} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	modified, err := http.ParseTime(rec.Header().Get("Last-Modified"))
	if err != nil || time.Since(modified).Abs() > time.Minute {
		t.Errorf("Last-Modified %q", rec.Header().Get("Last-Modified"))
	}
	if rec.Code != 200 || rec.Body.String() != "<p>" {
		t.Errorf("got %d %q", rec.Code, rec.Body)
	}
	if head := request(s, "HEAD", "/index.html"); head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != "3" {
		t.Errorf("HEAD: got %d, %d bytes", head.Code, head.Body.Len())
	}
}

func TestContentTypeFollowsTheEnding(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.js": "text/javascript", "b.CSS": "text/css", "c.txt": "text/plain", "d.woff2": "binary/octet-stream", "h.xml": "text/xml", "e.svg": "image/svg+xml", "i.mp4": "video/mp4", "j.zip": "application/zip",
		"f": "binary/octet-stream", "g.unknown": "binary/octet-stream",
	} {
		if got := contentType(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestMetadataOverridesTheContentType(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"a.txt": "a"})}, Metadata: map[string]string{"content-type": "text/x-component"}})
	if got := request(s, "GET", "/a.txt").Header().Get("Content-Type"); got != "text/x-component" {
		t.Errorf("got %s", got)
	}
}

func TestMissingKeyIsS3sError(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	rec := request(s, "GET", "/no/%3Csuch%3E")
	var e struct{ Code, Message, Key string }
	if err := xml.Unmarshal(rec.Body.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if rec.Code != 404 || e.Code != "NoSuchKey" || e.Message != "The specified key does not exist." || e.Key != "no/<such>" || rec.Header().Get("Content-Type") != "application/xml" {
		t.Errorf("got %d %+v", rec.Code, e)
	}
	if head := request(s, "HEAD", "/none"); head.Code != 404 || head.Body.Len() != 0 {
		t.Errorf("HEAD: got %d %q", head.Code, head.Body)
	}
}

func TestOnlyReadingIsPermitted(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	for method, want := range map[string]string{"PUT": "403AccessDenied", "DELETE": "403AccessDenied", "OPTIONS": "403AccessDenied", "POST": "405MethodNotAllowed"} {
		var e struct{ Code string }
		rec := request(s, method, "/a")
		if err := xml.Unmarshal(rec.Body.Bytes(), &e); err != nil || strconv.Itoa(rec.Code)+e.Code != want {
			t.Errorf("%s: got %d %s, want %s", method, rec.Code, rec.Body, want)
		}
	}
	if rec := request(s, "GET", "/"); rec.Code != 403 || !strings.Contains(rec.Body.String(), "<Code>AccessDenied</Code>") {
		t.Errorf("listing: got %d %s", rec.Code, rec.Body)
	}
}

func TestAMissingKeyIsToldToWhoMayListTheBucket(t *testing.T) {
	t.Parallel()
	for permitted, want := range map[string]struct{ there, missing int }{
		"s3:GetObject s3:ListBucket": {200, 404}, "s3:GetObject": {200, 403}, "s3:ListBucket": {403, 403}, "": {403, 403},
	} {
		s := opened(t, t.TempDir())
		s.permits = func(action, key string) bool {
			if (action == "s3:ListBucket") != (key == "") {
				t.Errorf("%s was asked with the key %q", action, key)
			}
			return strings.Contains(permitted, action)
		}
		deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"a": "x"})}})
		for _, method := range []string{"GET", "HEAD"} {
			if there, missing := request(s, method, "/a"), request(s, method, "/b"); there.Code != want.there || missing.Code != want.missing {
				t.Errorf("%s with %q: got %d and %d", method, permitted, there.Code, missing.Code)
			}
		}
	}
}

func TestKeysAreDecodedFromThePath(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	key := "_next/static/chunks/app/[locale]/ページ.js"
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{key: "x"})}})
	if rec := request(s, "GET", "/_next/static/chunks/app/%5Blocale%5D/%E3%83%9A%E3%83%BC%E3%82%B8.js"); rec.Code != 200 {
		t.Errorf("got %d", rec.Code)
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"a.txt": "abcdef"})}})
	tag := request(s, "GET", "/a.txt").Header().Get("Etag")
	for name, c := range map[string]struct {
		header []string
		want   int
	}{
		"same tag":     {[]string{"If-None-Match", tag}, 304},
		"weak tag":     {[]string{"If-None-Match", "W/" + tag}, 304},
		"other tag":    {[]string{"If-None-Match", `"x"`}, 200},
		"not matching": {[]string{"If-Match", `"x"`}, 412},
		"since now":    {[]string{"If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}, 304},
	} {
		if rec := request(s, "GET", "/a.txt", c.header...); rec.Code != c.want {
			t.Errorf("%s: got %d, want %d", name, rec.Code, c.want)
		}
	}
}

func TestRangeRequests(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"a.txt": "abcdef"})}})
	for ranges, want := range map[string]struct {
		code int
		body string
	}{"bytes=1-2": {206, "bc"}, "bytes=-2": {206, "ef"}, "bytes=0-0,2-2": {200, "abcdef"}, "bytes=2-1": {200, "abcdef"}, "bytes=a-b": {200, "abcdef"}, "lines=0-1": {200, "abcdef"}} {
		if rec := request(s, "GET", "/a.txt", "Range", ranges); rec.Code != want.code || rec.Body.String() != want.body {
			t.Errorf("%s: got %d %q", ranges, rec.Code, rec.Body)
		}
	}
	for _, ranges := range []string{"bytes=9-", "bytes=-0"} {
		if rec := request(s, "GET", "/a.txt", "Range", ranges); rec.Code != 416 {
			t.Errorf("%s: got %d", ranges, rec.Code)
		}
	}
}

func TestLaterSourcesWinAndZipsAreRead(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Prefix: "/site/", Sources: []string{
		folder(t, map[string]string{"a.txt": "old", "b.txt": "b"}),
		zipFile(t, map[string]string{"a.txt": "new", "deep/": "", "deep/c.txt": "c"}),
	}})
	if got := request(s, "GET", "/site/a.txt").Body.String(); got != "new" {
		t.Errorf("got %q", got)
	}
	if got := keys(s); !slices.Equal(got, []string{"site/a.txt", "site/b.txt", "site/deep/c.txt"}) {
		t.Errorf("got %v", got)
	}
}

func TestPruneRemovesOnlyWhatTheDeploymentCovers(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"other.txt": "o"})}})
	deploy(t, s, Deployment{Prefix: "site", Sources: []string{folder(t, map[string]string{"a.html": "1", "b.js": "1", "c.html": "1"})}})
	deploy(t, s, Deployment{Prefix: "site", Prune: true, Sources: []string{folder(t, map[string]string{"a.html": "2"})}})
	if got := keys(s); !slices.Equal(got, []string{"other.txt", "site/a.html"}) {
		t.Errorf("got %v", got)
	}
}

func TestNoPathOfARequestOrAZipLeavesTheBucket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := opened(t, dir)
	deploy(t, s, Deployment{Sources: []string{zipFile(t, map[string]string{"../evil.txt": "x", "/etc/evil": "x", "a/../../bad": "x"})}})
	for _, path := range []string{"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/" + site + ".json"} {
		if rec := request(s, "GET", path); rec.Code != 404 {
			t.Errorf("%s: got %d", path, rec.Code)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("the folder has %v, %v", files, err)
	}
}

func TestLinksOutOfTheAssetAreRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.txt": "a"})
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := opened(t, t.TempDir()).Deploy(t.Context(), Deployment{Sources: []string{dir}}); err == nil {
		t.Error("the link was followed")
	}
}

func TestAFailedDeploymentChangesNothing(t *testing.T) {
	t.Parallel()
	s := opened(t, t.TempDir())
	deploy(t, s, Deployment{Sources: []string{folder(t, map[string]string{"a.txt": "1"})}})
	err := s.Deploy(t.Context(), Deployment{Prune: true, Sources: []string{folder(t, map[string]string{"a.txt": "2"}), filepath.Join(t.TempDir(), "missing.zip")}})
	if err == nil || !strings.Contains(err.Error(), "synthesize again") {
		t.Errorf("got error %v", err)
	}
	if got := request(s, "GET", "/a.txt").Body.String(); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestContentIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	deploy(t, opened(t, dir), Deployment{Sources: []string{folder(t, map[string]string{"a.txt": "1"})}})
	if got := request(opened(t, dir), "GET", "/a.txt").Body.String(); got != "1" {
		t.Errorf("got %q", got)
	}
}

func TestADamagedBucketIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	deploy(t, opened(t, dir), Deployment{Sources: []string{folder(t, map[string]string{"a.txt": "1"})}})
	if err := os.WriteFile(filepath.Join(dir, site+".json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, site, everything); err == nil || !strings.Contains(err.Error(), site) || !strings.Contains(err.Error(), "RESET=1") {
		t.Errorf("error is %v", err)
	}
}

func TestBucketNamesFollowTheRules(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "../up", "UPPER", "a", "a..b", "a/b", "ends-", ".begins", strings.Repeat("a", 64)} {
		if _, err := Open(t.TempDir(), name, everything); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	for _, name := range []string{"a.b", "miyabi-local-site", strings.Repeat("a", 63)} {
		if _, err := Open(t.TempDir(), name, everything); err != nil {
			t.Error(err)
		}
	}
}
