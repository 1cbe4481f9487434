package cloudfront

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	siteHost = "site.s3.us-east-1.amazonaws.com"
	apiHost  = "abc123.execute-api.us-east-1.amazonaws.com"
)

// fake is an origin that records what reaches it and answers as told.
type fake struct {
	name    string
	request *http.Request
	body    string
	answer  func(http.ResponseWriter)
}

func (o *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.request = r
	b, _ := io.ReadAll(r.Body)
	o.body = string(b)
	if o.answer != nil {
		o.answer(w)
		return
	}
	w.Header().Set("X-Origin", o.name)
	_, _ = io.WriteString(w, o.name)
}

// testBehavior is a Behavior that holds what it refers to.
type testBehavior struct {
	Behavior
	Cache                         CachePolicy
	Forward                       OriginRequestPolicy
	Headers                       ResponseHeadersPolicy
	ViewerRequest, ViewerResponse string // code
}

// edge is a distribution with a site and an API behind it.
type edge struct {
	Config
	Default, API testBehavior
	other        []testBehavior // before that of the API
	site, api    *fake
	handler      *Server // made by the first request
}

func newEdge() *edge {
	return &edge{
		site: &fake{name: "site"}, api: &fake{name: "api"},
		Config:  Config{Origins: []Origin{{ID: "site", DomainName: siteHost}, {ID: "api", DomainName: apiHost}}},
		Default: testBehavior{Behavior: Behavior{TargetOriginID: "site"}},
		API: testBehavior{
			Behavior: Behavior{PathPattern: "/api/*", TargetOriginID: "api", AllowedMethods: []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}},
			Forward:  allViewerExceptHost,
		},
	}
}

var (
	allViewer           = managedRequests["216adef6-5c7f-47e4-b989-5492eafa07d3"]
	allViewerExceptHost = managedRequests["b689b0a8-53d0-40ab-baf2-68738e2966ac"]
	corsS3Origin        = managedRequests["88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"]
)

const functionARN = "arn:aws:cloudfront::111122223333:function/rewrite"

// serve makes the handler; origins answer as the fakes unless one is given.
func (e *edge) serve(origin http.Handler) error {
	p := ManagedPolicies()
	add := func(b testBehavior) Behavior {
		id := strconv.Itoa(len(p.Caches))
		b.CachePolicyID, b.OriginRequestPolicyID, b.ResponseHeadersPolicyID = id, id, id
		p.Caches[id], p.Requests[id], p.Responses[id] = b.Cache, b.Forward, b.Headers
		for kind, code := range map[string]string{viewerRequest: b.ViewerRequest, viewerResponse: b.ViewerResponse} {
			if code != "" {
				p.Functions[functionARN+id+kind] = code
				b.FunctionAssociations = append(b.FunctionAssociations, struct{ EventType, FunctionARN string }{kind, functionARN + id + kind})
			}
		}
		return b.Behavior
	}
	c := e.Config
	for _, b := range append(slices.Clone(e.other), e.API) {
		c.CacheBehaviors = append(c.CacheBehaviors, add(b))
	}
	c.DefaultCacheBehavior = add(e.Default)
	var err error
	e.handler, err = New("EDFDVBD6EXAMPLE", "d111111abcdef8.cloudfront.net", c, p, func(host string) (http.Handler, bool) {
		if origin != nil {
			return origin, true
		}
		h, ok := map[string]http.Handler{siteHost: e.site, apiHost: e.api}[host]
		return h, ok
	})
	return err
}

func (e *edge) do(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	if e.handler == nil {
		if err := e.serve(nil); err != nil {
			t.Fatal(err)
		}
	}
	rec := httptest.NewRecorder()
	e.handler.ServeHTTP(rec, r)
	return rec
}

func get(path string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = "127.0.0.1:4444"
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func wantContains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", what, got, want)
	}
}

// decode reads a part of a template.
func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := strictly([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
