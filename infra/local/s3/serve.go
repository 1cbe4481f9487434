package s3

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
)

// ServeHTTP answers as the S3 REST API does (AmazonS3/latest/API/API_GetObject, API_HeadObject, ErrorResponses). The
// key is the decoded path without its first slash.
func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeError(w, r, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
		return
	}
	key := strings.TrimPrefix(r.URL.Path, "/")
	if key == "" {
		writeError(w, r, http.StatusForbidden, "AccessDenied", "Access Denied")
		return
	}
	o, content, err := b.openObject(key)
	if errors.Is(err, errNoSuchKey) {
		writeError(w, r, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		return
	}
	if err != nil {
		slog.Error("s3 object cannot be read", "bucket", b.name, "key", key, "error", err)
		writeError(w, r, http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
		return
	}
	defer func() { _ = content.Close() }()
	serveObject(w, r, o, content)
}

var errNoSuchKey = errors.New("no such key")

// openObject looks a second time when a deployment removed the content between the two steps.
func (b *bucket) openObject(key string) (object, *os.File, error) {
	for attempt := 0; ; attempt++ {
		o, found, err := b.lookup(key)
		if err != nil {
			return o, nil, err
		}
		if !found {
			return o, nil, errNoSuchKey
		}
		content, err := os.Open(b.blobFile(o.Blob))
		if err == nil || attempt > 0 || !errors.Is(err, fs.ErrNotExist) {
			return o, content, err
		}
	}
}

// serveObject leaves ranges and conditions to net/http. S3 answers a request for several ranges with the whole object.
func serveObject(w http.ResponseWriter, r *http.Request, o object, content io.ReadSeeker) {
	if strings.Contains(r.Header.Get("Range"), ",") {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	h := w.Header()
	for name, value := range o.Metadata {
		h.Set(name, value)
	}
	h.Set("Etag", o.ETag)
	h.Set("Server", "AmazonS3")
	h.Set("X-Amz-Request-Id", requestID())
	http.ServeContent(w, r, "", o.LastModified, content)
}

// errorBody is S3's error document.
type errorBody struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	Key       string `xml:",omitempty"`
	RequestID string `xml:"RequestId"`
}

func writeError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	id := requestID()
	e := errorBody{Code: code, Message: message, RequestID: id}
	if code == "NoSuchKey" {
		e.Key = strings.TrimPrefix(r.URL.Path, "/")
	}
	body, err := xml.Marshal(e)
	if err != nil { // no text makes it fail: invalid characters are replaced
		body = nil
	}
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Server", "AmazonS3")
	h.Set("X-Amz-Request-Id", id)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append([]byte(xml.Header), body...)) // a viewer that left is no error
	}
}

func requestID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return strings.ToUpper(hex.EncodeToString(b))
}
