package policy

import "fmt"

// What the budget allows of things that CloudWatch charges for.
const (
	maxAlarms        = 15
	maxCustomMetrics = 10
)

var limitRules = []Rule{{
	Name:  "few-alarms",
	Holds: fmt.Sprintf("An environment has at most %d alarms.", maxAlarms),
	Why:   "Each costs USD 0.10 a month, a composite one 0.50, and an alarm that nobody acts on hides the others. https://aws.amazon.com/cloudwatch/pricing/",
	find:  fewAlarms,
}, {
	Name:  "few-metrics",
	Holds: fmt.Sprintf("An environment has at most %d metrics of its own from its logs, none of them with a dimension.", maxCustomMetrics),
	Why:   "Each costs USD 0.30 a month, and each value of a dimension is a metric more. https://aws.amazon.com/cloudwatch/pricing/",
	find:  fewMetrics,
}, {
	Name:  "heard-alarms",
	Holds: "Each alarm tells a topic, or ends a deployment.",
	Why:   "An alarm without an action is a light in an empty room. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
	find:  in(heardAlarms),
}}

func fewAlarms(assembly Assembly) []Violation {
	count := 0
	for _, template := range assembly.Templates {
		count += len(template.IDs("AWS::CloudWatch::Alarm")) + len(template.IDs("AWS::CloudWatch::CompositeAlarm"))
	}
	if count <= maxAlarms {
		return nil
	}
	return []Violation{{Problem: fmt.Sprintf("have %d alarms, %d are allowed: drop or merge some", count, maxAlarms)}}
}

func fewMetrics(assembly Assembly) []Violation {
	var found []Violation
	count := 0
	for _, template := range assembly.Templates {
		for _, id := range template.IDs("AWS::Logs::MetricFilter") {
			for _, metric := range list(template.property(id, "MetricTransformations")) {
				count++
				if len(list(at(metric, "Dimensions"))) > 0 {
					found = append(found, Violation{Stack: template.Name, Resource: template.Path(id), Problem: "has a metric for each value of a dimension: take the figure from the access log"})
				}
			}
		}
	}
	if count > maxCustomMetrics {
		found = append(found, Violation{Problem: fmt.Sprintf("have %d metrics of their own, %d are allowed: drop some", count, maxCustomMetrics)})
	}
	return found
}

func heardAlarms(j *judge) {
	heard := map[string]bool{}
	for _, group := range j.IDs("AWS::CodeDeploy::DeploymentGroup") {
		for _, alarm := range list(j.property(group, "AlarmConfiguration.Alarms")) {
			heard[target(at(alarm, "Name"))] = true
		}
	}
	for _, kind := range []string{"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"} {
		for _, id := range j.IDs(kind) {
			if len(list(j.property(id, "AlarmActions"))) == 0 && !heard[id] {
				j.report(id, "tells nobody: add the alarm topic as its action")
			}
		}
	}
}
