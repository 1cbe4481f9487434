package environment

import (
	"fmt"
	"strconv"
	"strings"
)

// minutesPerMonth is a month of 730 hours, as AWS counts it in its price examples.
const minutesPerMonth = 730 * 60

// Usage is what an environment is assumed to do in a month. The bill is computed from it; nothing is limited by it.
type Usage struct {
	// HTTPRequests to the HTTP API, from browsers and agents.
	HTTPRequests int
	// WebSocketMessages in both directions, each up to 32 KB.
	WebSocketMessages int
	// Viewers are dashboards that stay connected all month.
	Viewers int
	// SiteRequests for the site's own files.
	SiteRequests int
	// DownloadGB goes from CloudFront to browsers.
	DownloadGB float64
	// InternetGB goes from the HTTP API to agents that do not use CloudFront.
	InternetGB float64
	// EgressGB leaves the network through a NAT or an interface endpoint, where there is one.
	EgressGB float64
	// CrossZoneGB crosses from one availability zone to another between functions, proxy and database.
	CrossZoneGB float64

	// LogGB is written to all log groups together, access and flow logs included.
	LogGB float64
	// LogQueriesGB is scanned by queries of CloudWatch Logs Insights.
	LogQueriesGB float64
	// CustomMetrics are the time series that functions write about themselves.
	CustomMetrics int
	// Traces are recorded by X-Ray, where tracing is on.
	Traces int
	// AlarmEmails are sent by the alarm topic.
	AlarmEmails int
	// QueueRequests go to queues, such as those of failed events.
	QueueRequests int

	// DatabaseGB is the size of the data, DatabaseDailyGB what changes in it in a day; backups keep both.
	DatabaseGB, DatabaseDailyGB float64
	// StoredGB lies in S3: the site, the assets of CDK's bootstrap bucket and the stored releases.
	StoredGB float64
	// ObjectWrites and ObjectReads are requests to S3.
	ObjectWrites, ObjectReads int
	// SecretReads are calls to Secrets Manager.
	SecretReads int
	// Functions says how much each function runs.
	Functions []FunctionUsage
}

// FunctionUsage is what one Lambda function is assumed to do in a month.
type FunctionUsage struct {
	// Name is the function's name without the environment, such as api.
	Name string
	// Invocations of the function.
	Invocations int
	// Milliseconds is the billed duration of an invocation, on average.
	Milliseconds int
}

// BucketDeployment names CDK's own function that uploads the site.
const BucketDeployment = "bucket-deployment"

// ConnectionMinutes are those of all viewers' WebSocket connections.
func (u Usage) ConnectionMinutes() int { return u.Viewers * minutesPerMonth }

// BackupGB is the size of the backups that the database keeps for so many days: the data once, and each day's changes.
func (u Usage) BackupGB(days int) float64 { return u.DatabaseGB + float64(days)*u.DatabaseDailyGB }

// Function is the usage of the named function.
func (u Usage) Function(name string) (FunctionUsage, bool) {
	for _, f := range u.Functions {
		if f.Name == name {
			return f, true
		}
	}
	return FunctionUsage{}, false
}

// Lines are the assumptions in words, a line for each subject.
func (u Usage) Lines() []string {
	runs := make([]string, 0, len(u.Functions))
	for _, f := range u.Functions {
		runs = append(runs, fmt.Sprintf("%s %s × %s ms", f.Name, thousands(f.Invocations), thousands(f.Milliseconds)))
	}
	half := (len(runs) + 1) / 2
	return []string{
		fmt.Sprintf("%s HTTP requests, %s WebSocket messages, %d viewers all month, %s requests for the site",
			thousands(u.HTTPRequests), thousands(u.WebSocketMessages), u.Viewers, thousands(u.SiteRequests)),
		fmt.Sprintf("GB to browsers %g, to agents %g, through a NAT if there is one %g, between zones %g",
			u.DownloadGB, u.InternetGB, u.EgressGB, u.CrossZoneGB),
		fmt.Sprintf("GB of logs %g, scanned %g; custom metrics %d, traces %s, e-mails %d, queue requests %s",
			u.LogGB, u.LogQueriesGB, u.CustomMetrics, thousands(u.Traces), u.AlarmEmails, thousands(u.QueueRequests)),
		fmt.Sprintf("GB in the database %g, changed daily %g, in S3 %g; S3 writes %s, reads %s; secret reads %s",
			u.DatabaseGB, u.DatabaseDailyGB, u.StoredGB, thousands(u.ObjectWrites), thousands(u.ObjectReads), thousands(u.SecretReads)),
		"functions: " + strings.Join(runs[:half], ", ") + ",",
		"  " + strings.Join(runs[half:], ", "),
	}
}

// validate refuses what cannot be counted.
func (u Usage) validate() []string {
	var problems problems
	problems.unless(u.HTTPRequests >= 0 && u.WebSocketMessages >= 0 && u.Viewers >= 0 && u.SiteRequests >= 0, "Usage has a negative number of requests, messages or viewers: use 0 for none")
	problems.unless(u.DownloadGB >= 0 && u.InternetGB >= 0 && u.EgressGB >= 0 && u.CrossZoneGB >= 0, "Usage has a negative transfer: use 0 for none")
	problems.unless(u.LogGB >= 0 && u.LogQueriesGB >= 0 && u.CustomMetrics >= 0 && u.Traces >= 0 && u.AlarmEmails >= 0 && u.QueueRequests >= 0, "Usage has a negative figure about logs, metrics or messages: use 0 for none")
	problems.unless(u.DatabaseGB >= 0 && u.DatabaseDailyGB >= 0 && u.StoredGB >= 0 && u.ObjectWrites >= 0 && u.ObjectReads >= 0 && u.SecretReads >= 0, "Usage has a negative figure about stored data: use 0 for none")
	seen := map[string]bool{}
	for _, f := range u.Functions {
		problems.unless(f.Name != "" && !seen[f.Name], "Usage.Functions has %q twice or without a name: name each function once", f.Name)
		problems.unless(f.Invocations >= 0 && f.Milliseconds > 0, "Usage.Functions %s runs %d times for %d ms: use at least 0 times and 1 ms", f.Name, f.Invocations, f.Milliseconds)
		seen[f.Name] = true
	}
	return problems
}

// prodUsage is the month that the budget of ADR 001 is meant for: some tens of agents and five dashboards that stay open.
func prodUsage() Usage {
	return Usage{
		HTTPRequests:      1_000_000,
		WebSocketMessages: 500_000,
		Viewers:           5,
		SiteRequests:      200_000,
		DownloadGB:        20,
		InternetGB:        5,
		EgressGB:          2,
		CrossZoneGB:       5,
		LogGB:             2,
		LogQueriesGB:      1,
		CustomMetrics:     10,
		Traces:            50_000,
		AlarmEmails:       100,
		QueueRequests:     10_000,
		DatabaseGB:        5,
		DatabaseDailyGB:   0.3,
		StoredGB:          3,
		ObjectWrites:      5_000,
		ObjectReads:       50_000,
		SecretReads:       10_000,
		Functions: []FunctionUsage{
			{Name: "api", Invocations: 1_000_000, Milliseconds: 40},
			{Name: "auth", Invocations: 10_000, Milliseconds: 300},
			{Name: "hook", Invocations: 40, Milliseconds: 10_000},
			{Name: "migrate", Invocations: 20, Milliseconds: 10_000},
			{Name: "sweep", Invocations: 730, Milliseconds: 2_000},
			{Name: BucketDeployment, Invocations: 40, Milliseconds: 30_000},
		},
	}
}

// devUsage is what a team does that tries its work out: a tenth of prod's traffic, with as many deployments.
func devUsage() Usage {
	u := prodUsage()
	u.HTTPRequests, u.WebSocketMessages, u.Viewers, u.SiteRequests = 100_000, 50_000, 1, 20_000
	u.DownloadGB, u.InternetGB, u.EgressGB, u.CrossZoneGB = 2, 1, 1, 1
	u.LogGB, u.LogQueriesGB, u.Traces, u.AlarmEmails, u.QueueRequests = 1, 1, 5_000, 20, 1_000
	u.DatabaseGB, u.DatabaseDailyGB = 1, 0.1
	u.Functions[0].Invocations = 100_000
	u.Functions[1].Invocations = 1_000
	return u
}

// thousands writes a whole number with separators.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
