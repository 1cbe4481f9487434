package supervise

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/github"
	"github.com/miyabi-society/platform/infra/local/status"
)

// gitHubPath is where the stand-in for GitHub is, beside the status page.
const gitHubPath = status.Path + "github"

// front answers all requests of a run by the name that they are for. Only this machine's own names are served, and those
// of APIs, which nobody else can make lead here: a foreign page whose name was made to lead here (DNS rebinding) reads
// nothing.
type front struct {
	// url is http://localhost:PORT. It leads to the distribution, or without one to the assembly's only HTTP API.
	url string
	// site is the distribution, nil when there is none.
	site http.Handler
	// apis are also reached by names of their own, as at AWS beside every distribution; origin has what answers.
	apis   []cloud.API
	origin func(host string) (http.Handler, bool)
	// status and gitHub are below paths that no distribution can have.
	status, gitHub http.Handler
	// text tells a person what is where.
	text string
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, own := f.apiName(r.Host), ownName(r.Host)
	switch {
	case name != "":
		f.serveAPI(w, r, name)
	case !own:
		http.Error(w, fmt.Sprintf("This is the local cloud, which has no host %q. Use http://localhost.", r.Host), http.StatusMisdirectedRequest)
	case r.URL.Path+"/" == status.Path:
		http.Redirect(w, r, status.Path, http.StatusFound)
	case strings.HasPrefix(r.URL.Path, gitHubPath+"/"):
		f.gitHub.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, status.Path):
		f.status.ServeHTTP(w, r)
	case f.site != nil:
		f.site.ServeHTTP(w, r)
	case f.onlyHTTP() != "":
		f.serveAPI(w, r, f.onlyHTTP())
	default:
		http.Error(w, f.text, http.StatusNotFound)
	}
}

func (f *front) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	h, ok := f.origin(name)
	if !ok {
		http.Error(w, "The assembly has no API "+name+".", http.StatusNotFound)
		return
	}
	named := r.Clone(r.Context())
	named.Host = name
	h.ServeHTTP(w, named)
}

// onlyHTTP is the name of the HTTP API that stands in for a missing distribution, "" when there is none or more than one.
func (f *front) onlyHTTP() string {
	var found []string
	for _, a := range f.apis {
		if a.Protocol == "HTTP" {
			found = append(found, a.Host)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// health is the path that the product answers with 200 when its database is there.
const health = "/api/v1/health"

// checks are the addresses that answer well once everything works.
func (f *front) checks() []string {
	switch {
	case f.site != nil:
		return []string{f.url + health, f.url + "/"}
	case f.onlyHTTP() != "":
		return []string{f.url + health}
	}
	return nil
}

// describe is the text, with the file of the log and how to stop it.
func (f *front) describe(log, stop string) string {
	var rows [][2]string
	switch {
	case f.site != nil:
		var people []string
		for _, p := range github.DemoPeople() {
			people = append(people, p.Login)
		}
		rows = append(rows, [2]string{"Miyabi Society", f.url}, [2]string{"Sign in as", strings.Join(people, ", ")}, [2]string{"Demo data", "make seed"})
	case f.onlyHTTP() != "":
		rows = append(rows, [2]string{"HTTP API", f.url + "  (the assembly has no distribution)"})
	case len(f.apis) == 0:
		rows = append(rows, [2]string{"Nothing to open", "the assembly has no distribution and no API; deploy the phases that have them"})
	}
	if f.site == nil {
		for _, a := range f.apis {
			rows = append(rows, f.row(a))
		}
	}
	rows = append(rows, [2]string{"Status", f.url + status.Path}, [2]string{"Logs", log + "  (make logs)"}, [2]string{"Stop", stop})
	var text strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&text, "\n  %-17s%s", row[0], row[1])
	}
	return text.String()
}

// row is where curl and browsers find an API by its own name: they know that names below localhost lead here.
func (f *front) row(a cloud.API) [2]string {
	title, address := "HTTP API", f.url
	if a.Protocol == "WEBSOCKET" {
		title, address = "WebSocket API", "ws"+strings.TrimPrefix(f.url, "http")
	}
	id, _, _ := strings.Cut(a.Host, ".")
	address = strings.Replace(address, "localhost", id+apiDomain+"localhost", 1)
	if a.Stage != "$default" {
		address += "/" + a.Stage
	}
	return [2]string{title, address + "  (Host " + a.Host + ")"}
}

// apiDomain stands between the id of an API and its region, or localhost in its short name.
const apiDomain = ".execute-api."

// apiName is the name at AWS of the API that a request names by its Host header, "" when it names none: the name
// itself or the short form {id}.execute-api.localhost.
func (f *front) apiName(host string) string {
	name := strings.ToLower(hostName(host))
	id, place, named := strings.Cut(name, apiDomain)
	switch {
	case !named || id == "" || strings.Contains(id, "."):
		return ""
	case place == "localhost":
		for _, a := range f.apis {
			if strings.HasPrefix(a.Host, id+apiDomain) {
				return a.Host
			}
		}
	case !strings.HasSuffix(place, ".amazonaws.com"):
		return ""
	}
	return name
}

func ownName(host string) bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, hostName(host))
}

// hostName is a Host header without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.Trim(host, "[]")
}
