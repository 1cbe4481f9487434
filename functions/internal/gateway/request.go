package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// newRequest makes the request that the event describes. The query string is passed on to the letter: decoding and
// encoding it again would lose order and empty values.
func newRequest(ctx context.Context, event *events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body, err := bodyOf(event)
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: event.RequestContext.HTTP.Method, URL: addressOf(event), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: headersOf(event), Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		RemoteAddr: event.RequestContext.HTTP.SourceIP,
	}
	r.Host = r.Header.Get("Host")
	if r.Host == "" {
		r.Host = event.RequestContext.DomainName
	}
	r.Header.Del("Host")
	r.RequestURI = r.URL.RequestURI()
	return r.WithContext(ctx), nil
}

func bodyOf(event *events.APIGatewayV2HTTPRequest) ([]byte, error) {
	if !event.IsBase64Encoded {
		return []byte(event.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(event.Body)
	if err != nil {
		return nil, fmt.Errorf("the body is not base64: %w", err)
	}
	return body, nil
}

// addressOf takes the path as it is: encoded where that is possible, else as text.
func addressOf(event *events.APIGatewayV2HTTPRequest) *url.URL {
	u := &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString}
	if decoded, err := url.PathUnescape(event.RawPath); err == nil {
		u.Path, u.RawPath = decoded, event.RawPath
	}
	return u
}

// headersOf joins the cookies again, which the event lists apart from the other headers.
func headersOf(event *events.APIGatewayV2HTTPRequest) http.Header {
	h := make(http.Header, len(event.Headers)+1)
	for name, value := range event.Headers {
		h[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	}
	if len(event.Cookies) > 0 {
		h["Cookie"] = []string{strings.Join(event.Cookies, "; ")}
	}
	return h
}
