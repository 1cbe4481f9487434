package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/time/rate"
)

const defaultRoute = "$default"

// route is a Route that can be matched with requests.
type route struct {
	Route
	method string         // or ANY
	path   *regexp.Regexp // with a group for each variable; nil for $default
	names  []string       // of the variables
	rank   string         // routes are tried in the order of their ranks
	limit  *rate.Limiter
}

var (
	routeKey = regexp.MustCompile(`^(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /(.*)$`)
	variable = regexp.MustCompile(`^\{([^{}+]+)(\+?)\}$`)
)

// compileRoutes parses and checks the routes and puts them in the order in which they are tried.
func compileRoutes(api API) ([]*route, error) {
	var routes []*route
	var keys []string
	for _, d := range api.Routes {
		rt, err := compileRoute(d)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", d.Key, err)
		}
		rt.limit = api.Limiter(d.Key)
		routes, keys = append(routes, rt), append(keys, d.Key)
	}
	slices.SortStableFunc(routes, func(a, b *route) int { return cmp.Compare(a.rank, b.rank) })
	return routes, api.Check(keys)
}

func compileRoute(d Route) (*route, error) {
	switch {
	case d.Format != "2.0":
		return nil, fmt.Errorf("payload format version %q: only 2.0 is served", d.Format)
	case len(d.Scopes) > 0 && d.JWT == nil:
		return nil, errors.New("AuthorizationScopes need a JWT authorizer")
	}
	if err := errors.Join(d.Check(maxTimeout), d.JWT.check()); err != nil {
		return nil, err
	}
	rt := &route{Route: d, rank: rankDefault}
	if d.Key == defaultRoute {
		return rt, nil
	}
	key := routeKey.FindStringSubmatch(d.Key)
	if key == nil {
		return nil, errors.New(`write it as "METHOD /path" or "$default"`)
	}
	rt.method = key[1]
	return rt, rt.compilePath(strings.Split(key[2], "/"))
}

// Ranks order routes: a full match, then one with a greedy variable, then $default (page http-api-develop-routes,
// "Routing API requests"). Within those a literal segment comes before a variable, from the left, and a method before
// ANY.
const (
	rankFull    = "0"
	rankGreedy  = "1"
	rankDefault = "2"
)

// compilePath reads {variable}, which takes one segment with a character at least, and {greedy+}, which takes all that
// follow and must end the path (page http-api-develop-routes).
func (rt *route) compilePath(segments []string) error {
	class, kinds, pattern := rankFull, "", "(?s)^"
	for i, s := range segments {
		name := variable.FindStringSubmatch(s)
		switch {
		case name == nil && strings.ContainsAny(s, "{}"):
			return fmt.Errorf("segment %q: a variable is written {name} or {name+}", s)
		case s == "" && len(segments) > 1:
			return errors.New("a route's path must not end with a slash or have two together")
		case name == nil:
			kinds, pattern = kinds+"0", pattern+"/"+regexp.QuoteMeta(s)
			continue
		case name[2] == "":
			kinds, pattern = kinds+"1", pattern+"/([^/]+)"
		case i < len(segments)-1:
			return fmt.Errorf("segment %q: a greedy variable must be the last segment", s)
		default:
			class, kinds, pattern = rankGreedy, kinds+"2", pattern+"/(.+)"
		}
		rt.names = append(rt.names, name[1])
	}
	rt.rank = class + kinds
	if rt.method == "ANY" {
		rt.rank += "1"
	}
	rt.path = regexp.MustCompile(pattern + "$")
	return nil
}

// match gives the path parameters, decoded, if the route serves the method and path.
func (rt *route) match(method, path string) (map[string]string, bool) {
	if rt.path == nil {
		return nil, true
	}
	values := rt.path.FindStringSubmatch(path)
	if values == nil || rt.method != "ANY" && rt.method != method {
		return nil, false
	}
	params := map[string]string{}
	for i, name := range rt.names {
		params[name], _ = url.PathUnescape(values[i+1]) // decodePaths found the escapes of the whole path sound
	}
	return params, true
}

// resource is what a permission on the route's function names: METHOD/path/{variable}, or $default.
func (rt *route) resource(method string) string {
	if _, path, found := strings.Cut(rt.Key, " "); found {
		return method + path
	}
	return defaultRoute
}

// inStage is a path below the stage, and whether it lies there: the name of a stage other than $default comes first.
func (a *API) inStage(path string) (string, bool) {
	if a.Stage == defaultRoute {
		return path, true
	}
	rest, found := strings.CutPrefix(path, "/"+a.Stage)
	return cmp.Or(rest, "/"), found && (rest == "" || rest[0] == '/')
}

// selectRoute finds the most specific route for the request and its path parameters, if there is one.
func (s *server) selectRoute(in *request, path string) {
	for _, rt := range s.routes {
		if params, ok := rt.match(in.Method, path); ok {
			in.route, in.params = rt, params
			return
		}
	}
}

// decodePaths gives the path that routes are matched with, and the path that functions get. An HTTP API decodes a path
// twice: before it chooses a route, where an encoded slash divides segments and what follows an encoded question mark
// is lost, and again for the function, which an escape that makes no sense then makes a bad request. The guide tells
// only that paths are decoded; all of this is how live APIs answer.
func decodePaths(r *http.Request) (routed, raw string, err error) {
	if routed, err = url.PathUnescape(r.URL.EscapedPath()); err != nil {
		return "", "", err
	}
	routed, _, _ = strings.Cut(routed, "?")
	routed = cmp.Or(routed, "/")
	raw, err = url.PathUnescape(routed)
	return routed, raw, err
}
