package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// disabled is the State of a rule or a schedule that does not run.
const disabled = "DISABLED"

// rateOfRule is stricter than Scheduler's: one minute, several minutes.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions
var rateOfRule = regexp.MustCompile(`^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$`)

// createRule runs scheduled rules. Nothing on this machine sends events that a pattern could match.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
func createRule(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	name, text := r.name("Name", 64), r.properties.text("ScheduleExpression")
	ruleARN := arn("events", "rule/", name)
	values := assembly.Values{Ref: name, Attributes: map[string]any{"Arn": ruleARN}}
	if err := r.properties.refuse("EventPattern"); err != nil {
		return values, err
	}
	if strings.HasPrefix(text, "at(") || strings.HasPrefix(text, "rate(") && !rateOfRule.MatchString(text) {
		return values, fmt.Errorf("ScheduleExpression %q: a rule has rate(1 minute), rate(5 minutes) or cron(…)", text)
	}
	when, err := schedule.Parse(text, time.UTC)
	if err != nil {
		return values, err
	}
	for _, p := range r.properties.objects("Targets") {
		if err := p.refuse("InputPath", "InputTransformer"); err != nil {
			return values, err
		}
		function, err := scheduledFunction(p.text("Arn"))
		if err != nil {
			return values, err
		}
		c.schedule(r, schedule.Entry{Name: name, Target: function, Text: text, When: when, Run: func(at time.Time) {
			if !c.draft.permissions[permission{function, "events.amazonaws.com"}] {
				c.printf("rule %s: no AWS::Lambda::Permission lets events.amazonaws.com invoke %s", name, function)
				return
			}
			input := p.text("Input")
			if input == "" {
				input = scheduledEvent("aws.events", ruleARN, at, map[string]any{})
			}
			c.invokeScheduled(name, function, input)
		}})
	}
	return values, nil
}

// createSchedule runs a schedule of EventBridge Scheduler. A flexible time window is used at its beginning, and a rate
// without a start date begins anew with every run of the local cloud.
//
// A target's RetryPolicy has nothing to do here: it is about events that Lambda does not take over, and the local one
// takes over every one; what becomes of it then is the function's EventInvokeConfig.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
// and https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func createSchedule(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	name, text := r.name("Name", 64), r.properties.text("ScheduleExpression")
	group := r.properties.text("GroupName")
	if group == "" {
		group = "default"
	}
	scheduleARN := arn("scheduler", "schedule/", group, "/", name)
	values := assembly.Values{Ref: name, Attributes: map[string]any{"Arn": scheduleARN}}
	zone, err := time.LoadLocation(r.properties.text("ScheduleExpressionTimezone"))
	if err != nil {
		return values, fmt.Errorf("ScheduleExpressionTimezone: %w", err)
	}
	when, err := schedule.Parse(text, zone)
	if err != nil {
		return values, err
	}
	start, startErr := date(r.properties, "StartDate")
	end, endErr := date(r.properties, "EndDate")
	if err := errors.Join(startErr, endErr); err != nil {
		return values, err
	}
	// "If you do not provide a StartDate for a rate-based schedule, your schedule starts invoking the target immediately"
	atOnce := schedule.IsRate(when) && start.IsZero() && (end.IsZero() || time.Now().Before(end))
	target := r.properties.object("Target")
	if err := target.refuse("DeadLetterConfig"); err != nil {
		return values, err
	}
	function, err := scheduledFunction(target.text("Arn"))
	if err != nil {
		return values, err
	}
	if zone != time.UTC {
		text += " " + zone.String()
	}
	c.schedule(r, schedule.Entry{Name: name, Target: function, Text: text, When: schedule.Within(when, start, end), AtOnce: atOnce, Run: func(at time.Time) {
		input := target.text("Input")
		if input == "" {
			input = scheduledEvent("aws.scheduler", scheduleARN, at, "{}")
		}
		c.invokeScheduled(name, function, withContext(input, scheduleARN, at))
	}})
	return values, nil
}

// date reads a time in UTC such as 2030-01-01T01:00:00Z; the zero time stands for none.
func date(p properties, name string) (time.Time, error) {
	text := p.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%s must be a time such as 2030-01-01T01:00:00Z, not %q", name, text)
	}
	return t, nil
}

func scheduledFunction(target string) (string, error) {
	if !strings.HasPrefix(target, "arn:aws:lambda:") {
		return "", fmt.Errorf("the local cloud schedules functions only, not the target %q", target)
	}
	return target, nil
}

// schedule keeps an entry until everything is deployed.
func (c *Cloud) schedule(r request, e schedule.Entry) {
	if r.properties.text("State") != disabled {
		c.draft.schedules = append(c.draft.schedules, e)
	}
}

// invokeScheduled invokes asynchronously, as both services do: a run that fails is tried again by Lambda, and one that
// takes longer than the interval overlaps with the next.
func (c *Cloud) invokeScheduled(name, function, input string) {
	err := c.functions.InvokeAsync(context.Background(), function, []byte(input))
	if err != nil && !errors.Is(err, lambda.ErrClosed) {
		c.printf("schedule %s: %v", name, err)
	}
}

// scheduledEvent is what a target without an Input gets.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html
func scheduledEvent(source, resource string, at time.Time, detail any) string {
	b, _ := json.Marshal(map[string]any{ // strings always marshal
		"version": "0", "id": uuid.NewString(), "detail-type": "Scheduled Event", "source": source, "account": here.Account,
		"time": at.UTC().Format(time.RFC3339), "region": here.Region, "resources": []string{resource}, "detail": detail,
	})
	return string(b)
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
