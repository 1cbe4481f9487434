package status

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/local/cloud"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// small is a cloud with one of everything.
type small struct{}

func (small) Routes() []cloud.Route {
	return []cloud.Route{{API: "http", Protocol: "HTTP", Key: "ANY /api/{proxy+}", Function: "arn:aws:lambda:us-east-1:0:function:api:live"}}
}

func (small) Functions() []lambda.State {
	return []lambda.State{{Name: "api", MemoryMB: 256, Timeout: 29 * time.Second, Concurrency: 1000, Warm: 2, Aliases: []string{"live -> 1"}}}
}

func (small) Schedules() []schedule.State {
	return []schedule.State{{Entry: schedule.Entry{Name: "sweep", Text: "rate(5 minutes)", Target: "arn:aws:lambda:us-east-1:0:function:sweep"}}}
}

func (small) Connections() int { return 3 }

const (
	first  = "11111111-0000-4000-8000-000000000000"
	second = "22222222-0000-4000-8000-000000000000"
)

func get(t *testing.T, c *Collector, url string, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Page(c, small{}).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("the page lacks %q:\n%s", p, text)
		}
	}
}

func TestThePageShowsWhatTheCloudDoes(t *testing.T) {
	t.Parallel()
	c := NewCollector()
	for i := 1; i <= 100; i++ {
		c.Report(lambda.Report{Function: "api", Duration: time.Duration(i) * time.Millisecond, MaxMemoryMB: i, Failed: i%50 == 0})
	}
	c.Report(lambda.Report{Function: "api", Duration: time.Millisecond, Init: time.Millisecond})
	c.Throttled("api")
	c.Line(lambda.Line{Time: time.Now(), Function: "api", RequestID: first, Text: "<script>alert(1)</script>"})
	status, body := get(t, c, Path)
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	wantParts(t, body,
		`<td>api<td class="n">101<td class="n bad">2<td class="n bad">1<td class="n">1<td class="n">50.00 ms<td class="n">95.00 ms`, "100 of 256 MB", "live -&gt; 1",
		"ANY /api/{proxy&#43;}", "<td>api:live", "rate(5 minutes)", "3 WebSocket connections", "&lt;script&gt;alert(1)", ">11111111<")
}

func TestTheLogIsFilteredByRequestIDOrText(t *testing.T) {
	t.Parallel()
	c := NewCollector()
	c.Line(lambda.Line{Function: "api", RequestID: first, Text: "one"})
	c.Line(lambda.Line{Function: "api", RequestID: second, Text: "two"})
	c.Line(lambda.Line{Function: "auth", Text: "called by " + first})
	_, body := get(t, c, Path+"?find="+first)
	wantParts(t, body, "<td>one", "<td>called by", `value="`+first+`"`)
	if strings.Contains(body, "<td>two") {
		t.Error("a line of another request is shown")
	}
	_, body = get(t, c, Path+"?find=nothing")
	wantParts(t, body, "No line kept has this.")
}

func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	c := NewCollector()
	for i := range 3 * keptLines {
		c.Line(lambda.Line{Text: fmt.Sprintf("line-%d.", i)})
	}
	c.Line(lambda.Line{Text: strings.Repeat("x", keptLine+1)})
	if got := c.find(""); len(got) != shownLines || len(got[0].Text) != keptLine || got[1].Text != fmt.Sprintf("line-%d.", 3*keptLines-1) {
		t.Errorf("%d lines, the second %q", len(got), got[1].Text)
	}
	if got := c.find("line-5."); len(got) != 0 {
		t.Errorf("an old line is kept: %v", got)
	}
}

func TestEmbeddedMetricsBecomeReadable(t *testing.T) {
	t.Parallel()
	c := NewCollector()
	emf := `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"Miyabi","Dimensions":[["Environment"],["Environment","Route"]],"Metrics":[{"Name":"Latency","Unit":"Milliseconds"},{"Name":"Missing"}]}]},"Environment":"local","Route":"listTasks","Latency":%s}`
	c.Line(lambda.Line{Text: fmt.Sprintf(emf, "10")})
	c.Line(lambda.Line{Text: fmt.Sprintf(emf, "[30, 20]")})
	c.Line(lambda.Line{Text: fmt.Sprintf(emf, `"no number"`)})
	c.Line(lambda.Line{Text: `"CloudWatchMetrics" but no JSON`})
	got := c.Metrics()
	want := Metric{series: series{"Miyabi", "Latency", "Environment=local", "Milliseconds"}, Count: 3, Sum: 60, Minimum: 10, Maximum: 30, Last: 20}
	if len(got) != 2 || got[0] != want || got[1].Dimensions != "Environment=local, Route=listTasks" || got[0].Average() != 20 {
		t.Errorf("metrics are %+v", got)
	}
	for i := range maxMetrics + 10 {
		c.measure(value{series{Name: fmt.Sprint(i)}, 1})
	}
	if n := len(c.Metrics()); n != maxMetrics {
		t.Errorf("%d metrics are kept", n)
	}
}

func TestOtherSitesDoNotReadThePage(t *testing.T) {
	t.Parallel()
	for site, want := range map[string]int{"": 200, "none": 200, "same-origin": 200, "same-site": 403, "cross-site": 403} {
		if status, _ := get(t, NewCollector(), Path, "Sec-Fetch-Site", site); status != want {
			t.Errorf("Sec-Fetch-Site %q gives %d, want %d", site, status, want)
		}
	}
	if status, _ := get(t, NewCollector(), Path+"else"); status != http.StatusNotFound {
		t.Errorf("another path gives %d", status)
	}
}
