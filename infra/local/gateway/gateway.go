// Package gateway holds what HTTP APIs and WebSocket APIs of API Gateway have in common: throttling, access logs, Lambda
// authorizers and the forms of ids and errors.
//
// The rules come from the API Gateway developer guide, https://docs.aws.amazon.com/apigateway/latest/developerguide/;
// the page is named where a rule is carried out.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// MaxHeaderBytes is the most that request line and header values may have together (page http-api-quotas).
const MaxHeaderBytes = 10_240

// Invoke runs a function synchronously, as Lambda's Invoke with RequestResponse does.
type Invoke func(ctx context.Context, functionARN string, payload []byte) (lambda.Result, error)

// NewID has the form of API Gateway's request and connection ids, such as "JKJaXmPLvHcESHA=": 11 bytes in base64.
func NewID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return base64.URLEncoding.EncodeToString(b[:])
}

// RequestTime writes a time as $context.requestTime does.
func RequestTime(t time.Time) string { return t.UTC().Format("02/Jan/2006:15:04:05 -0700") }

// SourceIP is the address of the caller without its port.
func SourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// NoSignatures is the answer to a signed request, which AWS would admit or refuse by its signature.
const NoSignatures = "This route needs an IAM signature, which the local cloud does not check; it answers once it is deployed."

// Signed reports whether a request has an IAM signature, in its headers or in its query. It is not checked.
func Signed(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.URL.Query().Has("X-Amz-Signature")
}

// HeaderBytes counts what MaxHeaderBytes limits.
func HeaderBytes(r *http.Request) int {
	n := len(r.Method) + len(r.URL.RequestURI()) + len(r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}

// WriteMessage sends an error of API Gateway itself: {"message":"Not Found"}.
func WriteMessage(w http.ResponseWriter, status int, message string) {
	body := MustMarshal(map[string]string{"message": message})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that left is no error
}

// MustMarshal renders types of strings, numbers, raw JSON and maps of them, which always have a JSON form.
func MustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
