package status

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// Path is where the page is. No distribution can have a path that begins like it: its server answers first.
const Path = "/_local/"

// Source is the cloud that the page is about; *cloud.Cloud is one.
type Source interface {
	Routes() []cloud.Route
	Functions() []lambda.State
	Schedules() []schedule.State
	Connections() int
}

// shownLines is how many lines of output the page shows.
const shownLines = 200

//go:embed page.html
var source string

var page = template.Must(template.New("page").Funcs(template.FuncMap{"ms": milliseconds, "clock": clock, "short": shortARN}).Parse(source))

// view is what the template shows.
type view struct {
	Source
	Time    time.Time
	Filter  string
	Rows    []row
	Metrics []Metric
	Lines   []lambda.Line
}

// row is one function.
type row struct {
	lambda.State
	activity
	P50, P95 time.Duration
}

// Page shows what the collector kept and what the source tells now. The parameter `find` keeps the lines of one
// request id, or those with that text.
func Page(c *Collector, s Source) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "+
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" {
			http.Error(w, "The status page is opened by its address, not from another site.", http.StatusForbidden)
			return
		}
		if r.URL.Path != Path {
			http.NotFound(w, r)
			return
		}
		filter := strings.TrimSpace(r.URL.Query().Get("find"))
		v := view{s, time.Now(), filter, c.rows(s.Functions()), c.Metrics(), c.find(filter)}
		var b bytes.Buffer
		if err := page.Execute(&b, v); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b.Bytes()) // a reader that left is no error
	})
}

func (c *Collector) rows(states []lambda.State) []row {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []row
	for _, s := range states {
		a := c.of(s.Name)
		out = append(out, row{s, *a, a.percentile(50), a.percentile(95)})
	}
	return out
}

// find gives the last lines that belong to the request id or hold the text, the newest first.
func (c *Collector) find(filter string) []lambda.Line {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []lambda.Line
	for _, l := range slices.Backward(c.lines) {
		if len(out) == shownLines {
			break
		}
		if filter == "" || l.RequestID == filter || strings.Contains(l.Text, filter) {
			out = append(out, l)
		}
	}
	return out
}

func milliseconds(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
}

func clock(t time.Time) string {
	switch {
	case t.IsZero():
		return "–"
	case time.Until(t).Abs() > 20*time.Hour:
		return t.Local().Format("Mon 2 Jan 15:04")
	}
	return t.Local().Format("15:04:05")
}

// shortARN is a function's name with its qualifier.
func shortARN(arn string) string {
	if _, name, ok := strings.Cut(arn, ":function:"); ok {
		return name
	}
	return arn
}
