package bill

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// freeDashboardMetrics is how many metrics a dashboard may show to be among the free ones.
const freeDashboardMetrics = 50

// logGroup prices all logs together: taken in, kept as long as the group that keeps them longest, and queried.
func logGroup(used *account, r resource) error {
	if class, err := r.text("LogGroupClass", "STANDARD"); err != nil {
		return err
	} else if class != "STANDARD" {
		return fmt.Errorf("LogGroupClass is %s: the bill prices STANDARD only, extend the rule in infra/policy/bill", class)
	}
	days, err := r.number("RetentionInDays", 0)
	if err != nil {
		return err
	}
	if days == 0 {
		return fmt.Errorf("RetentionInDays is missing: logs that are kept for ever have no monthly price")
	}
	usage := r.settings.Usage
	used.once("log-ingestion", usage.LogGB, r.name())
	used.once("log-storage", usage.LogGB*days/30, r.name())
	used.once("log-queries", usage.LogQueriesGB, r.name())
	return nil
}

// metricFilter prices the metrics that a filter makes; dimensions make one for each value, which nobody can count here.
func metricFilter(used *account, r resource) error {
	for _, value := range r.list("MetricTransformations") {
		transformation, _ := value.(map[string]any)
		if dimensions, _ := transformation["Dimensions"].([]any); len(dimensions) > 0 {
			return fmt.Errorf("the metric %v has dimensions, so the number of metrics is unknown: count them in Usage.CustomMetrics and log them as embedded metrics", transformation["MetricName"])
		}
		used.charge("metric/filtered", 1, r.name())
	}
	return nil
}

// alarm prices each metric that the alarm watches; an anomaly band counts as two more.
func alarm(used *account, r resource) error {
	item := "alarm"
	if period, err := r.number("Period", 60); err != nil {
		return err
	} else if period < 60 {
		item = "alarm/high-resolution"
	}
	metrics := 0.0
	for _, value := range r.list("Metrics") {
		query, _ := value.(map[string]any)
		if query["MetricStat"] != nil {
			metrics++
		}
		if expression, _ := query["Expression"].(string); strings.Contains(expression, "ANOMALY_DETECTION_BAND") {
			metrics += 2
		} else if strings.Contains(strings.ToUpper(expression), "SELECT ") || strings.Contains(expression, "SEARCH(") {
			return fmt.Errorf("property Metrics asks for a number of metrics that nobody can count here: name them")
		}
	}
	used.charge(item, max(metrics, 1), r.name())
	return nil
}

func compositeAlarm(used *account, r resource) error {
	used.charge("alarm/composite", 1, r.name())
	return nil
}

// dashboard prices a dashboard by the number of metrics that it shows.
func dashboard(used *account, r resource) error {
	metrics, err := r.shownMetrics()
	if err != nil {
		return err
	}
	item := "dashboard"
	if len(metrics) > freeDashboardMetrics {
		item = "dashboard/large"
	}
	used.charge(item, 1, r.name())
	return nil
}

// shownMetrics are the metrics of a dashboard's widgets, each as the list that CloudWatch defines.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func (r resource) shownMetrics() ([][]any, error) {
	var body struct {
		Widgets []struct {
			Properties struct{ Metrics [][]any }
		}
	}
	if err := json.Unmarshal([]byte(joined(r.value("DashboardBody"))), &body); err != nil {
		return nil, fmt.Errorf("DashboardBody is no dashboard: %w", err)
	}
	var metrics [][]any
	for _, widget := range body.Widgets {
		metrics = append(metrics, widget.Properties.Metrics...)
	}
	return metrics, nil
}

// joined is a text, with every value that only a deployment knows written as x.
func joined(value any) string {
	switch node := value.(type) {
	case string:
		return node
	case map[string]any:
		arguments, _ := node["Fn::Join"].([]any)
		if len(arguments) != 2 {
			return "x"
		}
		var text []string
		parts, _ := arguments[1].([]any)
		for _, part := range parts {
			text = append(text, joined(part))
		}
		return strings.Join(text, joined(arguments[0]))
	}
	return "x"
}

func topic(used *account, r resource) error {
	used.once("sns-emails", float64(r.settings.Usage.AlarmEmails), r.name())
	return r.refuse("FifoTopic")
}

// checkMetrics compares the custom metrics that alarms and dashboards name with how many the settings assume, beyond
// those that filters make.
func checkMetrics(templates []policy.Template, usage environment.Usage) error {
	var named, filtered []string
	for _, template := range templates {
		for _, id := range template.IDs("") {
			r := resource{template: template, id: id}
			switch r.kind() {
			case "AWS::Logs::MetricFilter":
				filtered = append(filtered, r.filterMetrics()...)
			case "AWS::CloudWatch::Alarm":
				named = append(named, r.alarmMetrics()...)
			case "AWS::CloudWatch::Dashboard":
				metrics, err := r.shownMetrics()
				if err != nil {
					return fmt.Errorf("price %s of %s: %w", id, template.Name, err)
				}
				for _, metric := range metrics {
					if len(metric) > 1 {
						named = append(named, metricName(metric[0], metric[1]))
					}
				}
			}
		}
	}
	slices.Sort(named)
	emitted := 0
	for _, name := range slices.Compact(named) {
		if !strings.HasPrefix(name, "AWS/") && !strings.HasPrefix(name, "./") && !slices.Contains(filtered, name) {
			emitted++
		}
	}
	if emitted > usage.CustomMetrics {
		return fmt.Errorf("alarms and dashboards name %d custom metrics, Usage.CustomMetrics says %d: correct it in infra/environment/usage.go", emitted, usage.CustomMetrics)
	}
	return nil
}

func (r resource) filterMetrics() []string {
	var names []string
	for _, value := range r.list("MetricTransformations") {
		transformation, _ := value.(map[string]any)
		names = append(names, metricName(transformation["MetricNamespace"], transformation["MetricName"]))
	}
	return names
}

func (r resource) alarmMetrics() []string {
	var names []string
	if r.value("MetricName") != nil {
		names = append(names, metricName(r.value("Namespace"), r.value("MetricName")))
	}
	for _, value := range r.list("Metrics") {
		query, _ := value.(map[string]any)
		stat, _ := query["MetricStat"].(map[string]any)
		if metric, ok := stat["Metric"].(map[string]any); ok {
			names = append(names, metricName(metric["Namespace"], metric["MetricName"]))
		}
	}
	return names
}

func metricName(namespace, name any) string { return fmt.Sprint(namespace) + "/" + fmt.Sprint(name) }
