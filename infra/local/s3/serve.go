package s3

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/local/byterange"
)

// failure is an error of S3's REST API (AmazonS3/latest/API/ErrorResponses).
type failure struct {
	XMLName   xml.Name `xml:"Error"`
	Status    int      `xml:"-"`
	Code      string
	Message   string
	Key       string `xml:",omitempty"`
	RequestID string `xml:"RequestId"`
}

// ServeHTTP answers as the S3 REST API does to CloudFront (AmazonS3/latest/API/API_GetObject and API_HeadObject). The key is
// the decoded path without its first slash. Who may not list the bucket is not told that a key is missing.
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/")
	o, found := b.objects[key]
	switch {
	case r.Method == http.MethodPost || r.Method == http.MethodPatch:
		const message = "The specified method is not allowed against this resource."
		fail(w, r, failure{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Message: message})
	case r.Method != http.MethodGet && r.Method != http.MethodHead, key == "",
		!b.permits("s3:GetObject", key), !found && !b.permits("s3:ListBucket", ""):
		fail(w, r, failure{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"})
	case !found:
		fail(w, r, failure{Status: http.StatusNotFound, Code: "NoSuchKey", Message: "The specified key does not exist.", Key: key})
	default:
		serve(w, r, o)
	}
}

// serve leaves ranges and conditions to net/http. S3 answers a request for several ranges, or with a header that is none,
// with the whole object.
func serve(w http.ResponseWriter, r *http.Request, o object) {
	h := w.Header()
	for name, value := range o.Metadata {
		h.Set(name, value)
	}
	h.Set("Etag", o.ETag)
	h.Set("X-Amz-Server-Side-Encryption", "AES256")
	identify(h)
	ranges := byterange.Valid(r.Header.Get("Range"), int64(len(o.Body)))
	if strings.Contains(ranges, ",") {
		ranges = ""
	}
	r = r.Clone(r.Context())
	r.Header.Set("Range", ranges)
	http.ServeContent(w, r, "", o.LastModified, bytes.NewReader(o.Body))
}

// identify gives the answer the names that S3 signs with, and returns its request id.
func identify(h http.Header) string {
	id := rand.Text()[:16]
	h.Set("Server", "AmazonS3")
	h.Set("X-Amz-Request-Id", id)
	return id
}

func fail(w http.ResponseWriter, r *http.Request, f failure) {
	h := w.Header()
	f.RequestID = identify(h)
	body, _ := xml.Marshal(f) // no text makes it fail: invalid characters are replaced
	body = append([]byte(xml.Header), body...)
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a viewer that left is no error
	}
}
