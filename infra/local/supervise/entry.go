package supervise

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/github"
	"github.com/miyabi-society/platform/infra/local/status"
)

// entry tells where a running cloud is reached.
type entry struct {
	// URL is http://localhost:PORT, empty until requests are served. It leads to the distribution, or without one to the
	// assembly's only HTTP API.
	URL string
	// Site is true when there is a distribution.
	Site bool
	// APIs are also reached by names of their own.
	APIs []cloud.API
}

// health is the path that the product answers with 200 when its database is there.
const health = "/api/v1/health"

// checks are the addresses that answer 200 once everything works: what the assembly does not have is not waited for.
func (e entry) checks() []string {
	switch {
	case e.Site:
		return []string{e.URL + health, e.URL + "/"}
	case e.onlyHTTP() != nil:
		return []string{e.URL + health}
	}
	return nil
}

// onlyHTTP is the HTTP API that stands in for a missing distribution, nil when there is none or more than one.
func (e entry) onlyHTTP() *cloud.API {
	var found *cloud.API
	for i, a := range e.APIs {
		if a.Protocol == "HTTP" {
			if found != nil {
				return nil
			}
			found = &e.APIs[i]
		}
	}
	return found
}

// print tells a person what to open.
func (e entry) print(out io.Writer, log string) {
	say(out, "")
	switch {
	case e.Site:
		say(out, "  Miyabi Society   "+e.URL)
		var people []string
		for _, p := range github.DemoPeople() {
			people = append(people, p.Login)
		}
		say(out, "  Sign in as       "+strings.Join(people, ", "))
	case e.onlyHTTP() != nil:
		say(out, "  HTTP API         "+e.URL+"  (the assembly has no distribution)")
	case len(e.APIs) == 0:
		say(out, "  Nothing to open  the assembly has no distribution and no API")
	}
	if !e.Site {
		for _, a := range e.APIs {
			say(out, "  "+fmt.Sprintf("%-17s", protocols[a.Protocol].name)+e.address(a))
		}
	}
	say(out, "  Status           "+e.URL+status.Path)
	if e.Site {
		say(out, "  Demo data        make seed")
	}
	say(out, "  Logs             "+log+"  (make logs)")
	say(out, "  Stop             make down")
}

var protocols = map[string]struct{ name, scheme string }{"HTTP": {"HTTP API", "http"}, "WEBSOCKET": {"WebSocket API", "ws"}}

// address is where curl and browsers find an API by its own name: they know that names below localhost lead here.
func (e entry) address(a cloud.API) string {
	_, port, _ := strings.Cut(strings.TrimPrefix(e.URL, "http://"), ":")
	id, _, _ := strings.Cut(a.Host, ".")
	url := protocols[a.Protocol].scheme + "://" + id + shortName + ":" + port
	if a.Stage != "$default" {
		url += "/" + a.Stage
	}
	return url + "  (Host " + a.Host + ")"
}

const (
	shortName  = ".execute-api.localhost"
	underLocal = ".localhost"
)

// apiName is the name at AWS of the API that a request names by its Host header, "" when it names none: the name
// itself, the name below localhost, or the short form {id}.execute-api.localhost.
func apiName(host string) string {
	name := strings.ToLower(hostName(host))
	if id, short := strings.CutSuffix(name, shortName); short {
		name = id + cloud.APIDomain
	}
	name = strings.TrimSuffix(name, underLocal)
	if id, ok := strings.CutSuffix(name, cloud.APIDomain); !ok || id == "" || strings.Contains(id, ".") {
		return ""
	}
	return name
}

// byName serves an API under its own name, as at AWS beside every distribution, and all else by localhost. Without a
// distribution that is the only HTTP API.
func byName(e entry, origin func(host string) (http.Handler, bool), site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := apiName(r.Host)
		if api := e.onlyHTTP(); name == "" && site == nil && api != nil {
			name = api.Host
		}
		if name == "" && site != nil {
			site.ServeHTTP(w, r)
			return
		}
		h, ok := origin(name)
		if !ok {
			http.Error(w, e.absent(name), http.StatusNotFound)
			return
		}
		named := r.Clone(r.Context())
		named.Host = name
		h.ServeHTTP(w, named)
	})
}

// absent says what is not there.
func (e entry) absent(name string) string {
	if name != "" {
		return "The assembly has no API " + name + "."
	}
	if len(e.APIs) == 0 {
		return "The assembly has no distribution and no API; deploy the phases that have them."
	}
	var known []string
	for _, a := range e.APIs {
		known = append(known, a.Host)
	}
	return "The assembly has no distribution. Its APIs answer to the Host headers " + strings.Join(known, ", ") + "."
}
