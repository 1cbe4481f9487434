package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

const defaultRoute = "$default"

// Kinds of path segments, most specific first.
const (
	literal = iota
	variable
	greedy
)

type segment struct {
	kind int
	text string // the literal, or the variable's name
}

type route struct {
	Route
	method   string
	segments []segment // nil for $default
	limit    *gateway.Bucket
}

var routeMethods = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// compileRoutes parses and checks the routes and puts them in the order in which they are tried.
func compileRoutes(api API) ([]*route, error) {
	var routes []*route
	var keys []string
	for _, d := range api.Routes {
		rt, err := compileRoute(d)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", d.Key, err)
		}
		rt.limit = api.Bucket(d.Key)
		routes, keys = append(routes, rt), append(keys, d.Key)
	}
	if err := api.Check(keys); err != nil {
		return nil, err
	}
	slices.SortStableFunc(routes, bySpecificity)
	return routes, nil
}

func compileRoute(d Route) (*route, error) {
	if d.FunctionARN == "" {
		return nil, errors.New("its integration names no function")
	}
	if d.Format != "2.0" {
		return nil, fmt.Errorf("payload format version %q: only 2.0 is served", d.Format)
	}
	if err := errors.Join(d.Check(maxTimeout), d.checkAuthorization()); err != nil {
		return nil, err
	}
	rt := &route{Route: d}
	if d.Key == defaultRoute {
		return rt, nil
	}
	method, path, found := strings.Cut(d.Key, " ")
	if !found || !slices.Contains(routeMethods, method) || !strings.HasPrefix(path, "/") {
		return nil, errors.New(`write it as "METHOD /path" or "$default"`)
	}
	if path != "/" && strings.HasSuffix(path, "/") {
		return nil, errors.New("a route's path must not end with a slash")
	}
	rt.method = method
	var err error
	rt.segments, err = parseSegments(path)
	return rt, err
}

// parseSegments reads {variable} and {greedy+}; a greedy variable must end the path (page http-api-develop-routes).
func parseSegments(path string) ([]segment, error) {
	parts := strings.Split(path[1:], "/")
	segments := make([]segment, len(parts))
	for i, p := range parts {
		name, braced := strings.CutPrefix(p, "{")
		if !braced {
			segments[i] = segment{literal, p}
			continue
		}
		name, closed := strings.CutSuffix(name, "}")
		name, isGreedy := strings.CutSuffix(name, "+")
		if !closed || name == "" || strings.ContainsAny(name, "{}+") {
			return nil, fmt.Errorf("segment %q: a variable is written {name} or {name+}", p)
		}
		if isGreedy && i != len(parts)-1 {
			return nil, fmt.Errorf("segment %q: a greedy variable must be the last segment", p)
		}
		segments[i] = segment{variable, name}
		if isGreedy {
			segments[i].kind = greedy
		}
	}
	return segments, nil
}

// bySpecificity orders routes: a full match, then one with a greedy variable, then $default (page
// http-api-develop-routes, "Routing API requests"). Within those a literal segment comes before a variable, from the
// left, and a method before ANY.
func bySpecificity(a, b *route) int {
	if c := cmp.Compare(a.class(), b.class()); c != 0 {
		return c
	}
	kinds := func(x, y segment) int { return cmp.Compare(x.kind, y.kind) }
	if c := slices.CompareFunc(a.segments, b.segments, kinds); c != 0 {
		return c
	}
	return cmp.Compare(boolToInt(a.method == "ANY"), boolToInt(b.method == "ANY"))
}

func (rt *route) class() int {
	switch {
	case rt.Key == defaultRoute:
		return 2
	case rt.segments[len(rt.segments)-1].kind == greedy:
		return 1
	default:
		return 0
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// selectRoute returns the most specific route for the request and its path parameters, decoded; nil if none matches or
// if the path lies outside the stage.
func (s *server) selectRoute(r *http.Request) (*route, map[string]string) {
	path := r.URL.EscapedPath()
	if s.api.Stage != defaultRoute {
		rest, ok := strings.CutPrefix(path, "/"+s.api.Stage)
		if !ok || (rest != "" && rest[0] != '/') {
			return nil, nil
		}
		path = rest
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, rt := range s.routes {
		if params, ok := rt.match(r.Method, parts); ok {
			return rt, params
		}
	}
	return nil, nil
}

// match compares encoded path segments, so that %2F never divides one. A variable needs at least one character; a
// trailing slash is a segment of its own.
func (rt *route) match(method string, parts []string) (map[string]string, bool) {
	if rt.Key == defaultRoute {
		return nil, true
	}
	if rt.method != "ANY" && rt.method != method {
		return nil, false
	}
	if len(parts) < len(rt.segments) || rt.class() == 0 && len(parts) != len(rt.segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, seg := range rt.segments {
		value := parts[i]
		if seg.kind == greedy {
			value = strings.Join(parts[i:], "/")
		}
		value = unescapePath(value)
		if seg.kind == literal && value != seg.text || seg.kind != literal && value == "" {
			return nil, false
		}
		if seg.kind != literal {
			params[seg.text] = value
		}
	}
	return params, true
}

// unescapePath decodes percent escapes; text with a broken escape stays as it is.
func unescapePath(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}
