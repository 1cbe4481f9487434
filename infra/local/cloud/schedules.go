package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// rateOfRule is stricter than Scheduler's: one minute, several minutes.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions
var rateOfRule = regexp.MustCompile(`^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$`)

// createRule runs scheduled rules, which are in UTC. Nothing on this machine sends events that a pattern could match.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
func createRule(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := r.properties
	name, text := r.name("Name", 64), p.text("ScheduleExpression")
	rule := c.arn("events", "rule/", name)
	values := assembly.Values{Ref: name, Attributes: map[string]any{"Arn": rule}}
	p.refuse("EventPattern")
	if bus := p.text("EventBusName"); bus != "" && bus != "default" && bus != c.arn("events", "event-bus/default") {
		return values, fmt.Errorf("EventBusName %q: ScheduleExpression is supported only on the default event bus", bus)
	}
	if strings.HasPrefix(text, "at(") || strings.HasPrefix(text, "rate(") && !rateOfRule.MatchString(text) {
		return values, fmt.Errorf("ScheduleExpression %q: a rule has rate(1 minute), rate(5 minutes) or cron(…)", text)
	}
	created, _, err := c.scheduleCreated(rule, text)
	if err != nil {
		return values, err
	}
	when, err := schedule.Spec{Text: text, Zone: time.UTC, Start: created}.Parse()
	for _, target := range p.objects("Targets") {
		entry := schedule.Entry{Name: name, Text: text, When: when}
		err = errors.Join(err, c.schedule(r, entry, target, rule, func(at time.Time) (string, error) {
			return ruleInput(target, rule, c.scheduledEvent("aws.events", rule, at, map[string]any{}))
		}))
	}
	return values, err
}

// createSchedule runs a schedule of EventBridge Scheduler. A flexible time window is used at its beginning.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
// and https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func createSchedule(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := r.properties
	name, text := r.name("Name", 64), p.text("ScheduleExpression")
	scheduleARN := c.arn("scheduler", "schedule/", cmp.Or(p.text("GroupName"), "default"), "/", name)
	values := assembly.Values{Ref: name, Attributes: map[string]any{"Arn": scheduleARN}}
	zone, err := time.LoadLocation(p.text("ScheduleExpressionTimezone"))
	if err != nil || zone == time.Local {
		return values, fmt.Errorf("ScheduleExpressionTimezone %q is no time zone such as Asia/Tokyo", p.text("ScheduleExpressionTimezone"))
	}
	created, isNew, err := c.scheduleCreated(scheduleARN, text)
	if err != nil {
		return values, err
	}
	start, end := p.date("StartDate"), p.date("EndDate")
	entry := schedule.Entry{Name: name, Text: text}
	if start.IsZero() {
		// "If you do not provide a StartDate for a rate-based schedule, your schedule starts invoking the target immediately"
		start, entry.AtOnce = created, isNew && strings.HasPrefix(text, "rate(") && (end.IsZero() || created.Before(end))
	}
	if entry.When, err = (schedule.Spec{Text: text, Zone: zone, Start: start, End: end}).Parse(); err != nil {
		return values, err
	}
	if zone != time.UTC {
		entry.Text += " " + zone.String()
	}
	target := p.object("Target")
	return values, c.schedule(r, entry, target, "", func(at time.Time) (string, error) {
		if input := target.text("Input"); input != "" {
			return withContext(input, scheduleARN, at), nil
		}
		return asJSON(c.scheduledEvent("aws.scheduler", scheduleARN, at, "{}")), nil
	})
}

// scheduleCreated is when a schedule was deployed with this expression first: a rate counts from there, as long as the state
// is kept.
func (c *Cloud) scheduleCreated(scheduleARN, expression string) (created time.Time, isNew bool, err error) {
	file, key := c.stateDir("schedules.json"), scheduleARN+" "+expression
	all := map[string]time.Time{}
	if err := jsonfile.Read(file, &all); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return created, false, err
	}
	if created, ok := all[key]; ok {
		return created, false, nil
	}
	all[key] = time.Now().UTC()
	return all[key], true, jsonfile.Write(file, all)
}

// schedule keeps an entry for a target until everything is deployed. A rule, named by its ARN, needs a permission on the
// function; Scheduler, for which there is none, takes on a role. The function is invoked asynchronously, as both services do: a run that fails
// is tried again by Lambda, and one that takes longer than the interval overlaps with the next. A target's RetryPolicy has
// nothing to do here: it is about events that Lambda does not take over, and the local one takes over every one; what
// becomes of it then is the function's EventInvokeConfig.
func (c *Cloud) schedule(r request, e schedule.Entry, target properties, rule string, input func(at time.Time) (string, error)) error {
	target.refuse("DeadLetterConfig")
	function := target.text("Arn")
	if !strings.HasPrefix(function, "arn:aws:lambda:") {
		return fmt.Errorf("the local cloud schedules functions only, not the target %q", function)
	}
	text, err := input(time.Now())
	if err != nil {
		return err
	}
	if !json.Valid([]byte(text)) {
		return fmt.Errorf("the input of its target is not JSON: %s", text)
	}
	if r.properties.text("State") == "DISABLED" {
		return nil
	}
	e.Target = function
	e.Run = func(at time.Time) {
		if rule != "" && !c.permits(function, "events.amazonaws.com", rule) {
			c.printf("schedule %s: no AWS::Lambda::Permission lets events.amazonaws.com invoke %s for it", e.Name, function)
			return
		}
		text, err := input(at)
		if err == nil {
			err = c.functions.InvokeAsync(context.Background(), function, []byte(text))
		}
		if err != nil && !errors.Is(err, lambda.ErrClosed) {
			c.printf("schedule %s: %v", e.Name, err)
		}
	}
	c.draft.schedules = append(c.draft.schedules, e)
	return nil
}

// scheduledEvent is what a target without an Input gets.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html
func (c *Cloud) scheduledEvent(source, resource string, at time.Time, detail any) map[string]any {
	return map[string]any{
		"version": "0", "id": uuid.NewString(), "detail-type": "Scheduled Event", "source": source, "account": c.here.Account,
		"time": at.UTC().Format(time.RFC3339), "region": c.here.Region, "resources": []string{resource}, "detail": detail,
	}
}

// withContext fills in the context attributes of an Input.
//
// Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func withContext(input, scheduleARN string, at time.Time) string {
	return strings.NewReplacer(
		"<aws.scheduler.schedule-arn>", scheduleARN, "<aws.scheduler.scheduled-time>", at.UTC().Format(time.RFC3339),
		"<aws.scheduler.execution-id>", uuid.NewString(), "<aws.scheduler.attempt-number>", "1",
	).Replace(input)
}
