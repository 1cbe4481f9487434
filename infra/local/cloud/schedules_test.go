package cloud

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// scheduled is a function that writes each event into the file EVENTSFILE, with more resources.
func scheduled(events string, more ...string) string {
	f := `"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": CODE, "Environment": {"Variables": {"EVENTS": "EVENTSFILE"}}}}`
	return strings.ReplaceAll(resources(append([]string{f}, more...)...), "EVENTSFILE", events)
}

// runNow runs the only schedule of the deployment at once and reads the event that the function got.
func runNow(t *testing.T, c *Cloud, events string) map[string]any {
	t.Helper()
	if len(c.Schedules()) != 1 {
		t.Fatalf("schedules are %+v", c.Schedules())
	}
	c.Schedules()[0].Run(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	var event map[string]any
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(events)
		if err == nil && json.Unmarshal(b, &event) == nil {
			return event
		}
		if time.Now().After(deadline) {
			t.Fatal("the function did not run")
		}
	}
}

const permitted = `"P": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["F", "Arn"]}, "Principal": "events.amazonaws.com", "SourceArn": {"Fn::GetAtt": ["R", "Arn"]}}}`

func TestARuleSendsTheScheduledEvent(t *testing.T) {
	t.Parallel()
	events := filepath.Join(t.TempDir(), "events")
	c := newMachine(t).must(scheduled(events, permitted,
		`"R": {"Type": "AWS::Events::Rule", "Properties": {"Name": "sweep", "ScheduleExpression": "rate(5 minutes)", "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": ["F", "Arn"]}}]}}`))
	e := runNow(t, c, events)
	if e["detail-type"] != "Scheduled Event" || e["source"] != "aws.events" || e["time"] != "2026-11-23T09:00:00Z" || e["account"] != "000000000000" {
		t.Errorf("event is %v", e)
	}
	if r, _ := e["resources"].([]any); len(r) != 1 || r[0] != "arn:aws:events:us-east-1:000000000000:rule/sweep" {
		t.Errorf("resources are %v", e["resources"])
	}
	if s := c.Schedules()[0]; s.Text != "rate(5 minutes)" || time.Until(s.Next) > 5*time.Minute || time.Until(s.Next) < 4*time.Minute {
		t.Errorf("state is %+v", s)
	}
}

func TestAPermissionIsForItsPrincipalAndSource(t *testing.T) {
	t.Parallel()
	permission := func(id, more string) string {
		return `"` + id + `": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": "` + id + `", "Principal": "events.amazonaws.com"` + more + `}}`
	}
	c := newMachine(t).must(scheduled("", permission("all", ""), permission("one", `, "SourceArn": "arn:aws:events:us-east-1:000000000000:rule/sweep"`),
		permission("some", `, "SourceArn": "arn:aws:events:*:rule/s*"`), permission("other", `, "SourceArn": "arn:aws:events:us-east-1:000000000000:rule/swee"`)))
	for function, want := range map[string]bool{"all": true, "one": true, "some": true, "other": false, "none": false} {
		if got := c.permits(c.functionARN(function), "events.amazonaws.com", "arn:aws:events:us-east-1:000000000000:rule/sweep"); got != want {
			t.Errorf("%s: %t", function, got)
		}
		if c.permits(c.functionARN(function), "apigateway.amazonaws.com", "") {
			t.Errorf("%s is permitted to API Gateway", function)
		}
	}
}

func TestARuleSendsWhatItsTargetMakesOfTheEvent(t *testing.T) {
	t.Parallel()
	event := map[string]any{"detail-type": "Scheduled Event", "time": "2026-11-23T09:00:00Z", "detail": map[string]any{"say": `a "word"`, "list": []any{1.0}}}
	for input, want := range map[string]string{
		`"Input": "[1]"`:               `[1]`,
		`"InputPath": "$.detail.list"`: `[1]`,
		`"InputPath": "$.time"`:        `"2026-11-23T09:00:00Z"`,
		`"InputPath": "$"`:             `{"detail":{"list":[1],"say":"a \"word\""},"detail-type":"Scheduled Event","time":"2026-11-23T09:00:00Z"}`,
		`"InputTransformer": {"InputPathsMap": {"detail-type": "$.detail-type", "none": "$.detail.none"}, "InputTemplate": "\"{[/Event of <detail-type> at <aws.events.event.ingestion-time>: <none>\""}`:     `"{[/Event of Scheduled Event at 2026-11-23T09:00:00Z: "`,
		`"InputTransformer": {"InputPathsMap": {"say": "$.detail.say", "none": "$.detail.none", "list": "$.detail.list"}, "InputTemplate": "{\"a\": <say>, \"b\": \"<say>\", \"c\": <none>, \"d\": <list>}"}`: `{"a": "a \"word\"", "b": "a \"word\"", "c": "", "d": [1]}`,
		`"InputTransformer": {"InputTemplate": "[<aws.events.rule-name>, \"<aws.events.rule-arn>\", <aws.events.event>]"}`:                                                                                    `["sweep", "arn:aws:events:us-east-1:000000000000:rule/sweep", {"detailType":"Scheduled Event","time":"2026-11-23T09:00:00Z"}]`,
	} {
		var target map[string]any
		if err := json.Unmarshal([]byte("{"+input+"}"), &target); err != nil {
			t.Fatal(err)
		}
		if got, err := ruleInput(propertiesOf(target), "arn:aws:events:us-east-1:000000000000:rule/sweep", event); err != nil || got != want {
			t.Errorf("%s makes %s, %v, want %s", input, got, err, want)
		}
	}
}

func TestAScheduleSendsItsInputWithTheContextFilledIn(t *testing.T) {
	t.Parallel()
	events := filepath.Join(t.TempDir(), "events")
	c := newMachine(t).must(scheduled(events,
		`"S": {"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": "nightly", "ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "Asia/Tokyo",
			"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": {"Fn::GetAtt": ["F", "Arn"]}, "RoleArn": "r", "Input": "{\"at\": \"<aws.scheduler.scheduled-time>\", \"by\": \"<aws.scheduler.schedule-arn>\"}"}}}`))
	e := runNow(t, c, events)
	if e["at"] != "2026-11-23T09:00:00Z" || e["by"] != "arn:aws:scheduler:us-east-1:000000000000:schedule/default/nightly" {
		t.Errorf("event is %v", e)
	}
	if next := c.Schedules()[0].Next; next.UTC().Hour() != 18 {
		t.Errorf("03:00 in Tokyo is %s", next.UTC())
	}
}

func TestARateOfSchedulerBeginsAtItsStartDateElseAtOnce(t *testing.T) {
	t.Parallel()
	for dates, runs := range map[string]bool{
		``:                                     true,
		`"StartDate": "2126-01-01T00:00:00Z",`: false,
		`"StartDate": "2020-01-01T00:00:30Z",`: false,
		`"EndDate": "2020-01-01T00:00:00+00:00",`: false,
	} {
		m := newMachine(t)
		template := scheduled(filepath.Join(t.TempDir(), "events"),
			`"S": {"Type": "AWS::Scheduler::Schedule", "Properties": {`+dates+`"ScheduleExpression": "rate(1 hour)", "Target": {"Arn": {"Fn::GetAtt": ["F", "Arn"]}}}}`)
		c := m.must(template)
		ran := func() bool { return !c.Schedules()[0].Last.IsZero() }
		for deadline := time.Now().Add(5 * time.Second); runs && !ran() && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		if ran() != runs {
			t.Errorf("%q: state is %+v", dates, c.Schedules()[0])
		}
		next := c.Schedules()[0].Next
		if strings.Contains(dates, "2126") && next.Year() != 2126 || strings.Contains(dates, "00:30Z") && next.Second() != 30 || strings.Contains(dates, "End") && !next.IsZero() {
			t.Errorf("%q: next is %s", dates, next)
		}
		if c = m.must(template); ran() || !c.Schedules()[0].Next.Equal(next) {
			t.Errorf("%q: the next deployment changes the rhythm from %s to %+v", dates, next, c.Schedules()[0])
		}
	}
}

func TestARateOfARuleCountsFromItsCreation(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	next := func(rate string) time.Time {
		return m.must(scheduled("", permitted,
			`"R": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "`+rate+`", "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": ["F", "Arn"]}}]}}`)).Schedules()[0].Next
	}
	first := next("rate(1 hour)")
	if again := next("rate(1 hour)"); !again.Equal(first) {
		t.Errorf("the next deployment moves it from %s to %s", first, again)
	}
	if changed := next("rate(2 hours)"); changed.Sub(first) < time.Hour {
		t.Errorf("with another rate it is %s after %s", changed, first)
	}
}

func TestADisabledScheduleNeverRuns(t *testing.T) {
	t.Parallel()
	c := newMachine(t).must(scheduled("",
		`"R": {"Type": "AWS::Events::Rule", "Properties": {"State": "DISABLED", "ScheduleExpression": "rate(1 minute)", "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": ["F", "Arn"]}}]}}`))
	if s := c.Schedules(); len(s) != 0 {
		t.Errorf("schedules are %+v", s)
	}
}

func TestSchedulesThatAreRefused(t *testing.T) {
	t.Parallel()
	for part, resource := range map[string]string{
		"property EventPattern":          `"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["aws.codedeploy"]}}`,
		"a rule has rate(1 minute)":      `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 minutes)"}`,
		"6 fields":                       `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "cron(0 0)"}`,
		"schedules functions only":       `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:1:q"}]}`,
		"DeadLetterConfig":               `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "q", "Arn": "arn:aws:lambda:us-east-1:1:function:f", "DeadLetterConfig": {"Arn": "a"}}]}`,
		"default event bus":              `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "EventBusName": "mine"}`,
		"invalid placeholder <none>":     `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "q", "Arn": "arn:aws:lambda:us-east-1:1:function:f", "InputTransformer": {"InputTemplate": "\"<none>\""}}]}`,
		"only one of Input":              `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "q", "Arn": "arn:aws:lambda:us-east-1:1:function:f", "Input": "1", "InputPath": "$.detail"}]}`,
		"is not JSON: hello":             `"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "q", "Arn": "arn:aws:lambda:us-east-1:1:function:f", "Input": "hello"}]}`,
		"is not JSON: hi":                `"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Target": {"Arn": "arn:aws:lambda:us-east-1:1:function:f", "Input": "hi"}}`,
		"EndDate must be a time such as": `"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "EndDate": "soon"}`,
		"Timezone \"Local\" is no":       `"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "ScheduleExpressionTimezone": "Local"}`,
		"ScheduleExpressionTimezone":     `"Type": "AWS::Scheduler::Schedule", "Properties": {"ScheduleExpression": "rate(1 hour)", "ScheduleExpressionTimezone": "Moon"}`,
		"delivers to functions only":     `"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST", "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:1:q"}}}`,
	} {
		newMachine(t).refused(part, scheduled("", `"R": {`+resource+`}`))
	}
}

func TestAFunctionRunsOnWhenTheAssemblyIsRemoved(t *testing.T) {
	t.Parallel()
	events := filepath.Join(t.TempDir(), "events")
	m := newMachine(t)
	code := t.TempDir()
	b, err := os.ReadFile(filepath.Join(codeDir, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(code, "bootstrap"), b, 0o700); err != nil { //nolint:gosec // it is executed
		t.Fatal(err)
	}
	m.code = code
	c := m.must(scheduled(events, `"E": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60,
		"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:us-east-1:000000000000:topics-are-inert"}}}}`,
		permitted, `"R": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": ["F", "Arn"]}, "Input": "{\"a\": 1}"}]}}`))
	if err := os.RemoveAll(code); err != nil {
		t.Fatal(err)
	}
	if e := runNow(t, c, events); e["a"] != 1.0 {
		t.Errorf("event is %v", e)
	}
	// What no function has any more is removed by the next deployment.
	m.code = codeDir
	if err := os.MkdirAll(filepath.Join(m.state, keptCode, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	m.must(scheduled(events))
	if entries, err := os.ReadDir(filepath.Join(m.state, keptCode)); err != nil || len(entries) != 1 {
		t.Errorf("kept code is %v, %v", entries, err)
	}
}
