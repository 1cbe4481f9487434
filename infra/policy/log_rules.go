package policy

var logRules = []Rule{{
	Name:  "expiring-logs",
	Holds: "Each log group expires what it holds after the days that the environment's settings name.",
	Why: "A group without retention is kept and paid for ever; what people did must not be kept longer than said. " +
		"https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html#SettingLogRetention",
	find: in(expiringLogs),
}, {
	Name:  "own-log-groups",
	Holds: "Each function writes to a log group of its own stack.",
	Why: "A group that Lambda makes on the first line has no retention, no tags and outlives its stack. " +
		"https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
	find: in(ownLogGroups),
}}

func expiringLogs(j *judge) {
	for _, id := range j.IDs("AWS::Logs::LogGroup") {
		days, ok := number(j.property(id, "RetentionInDays"))
		if !ok || int(days) > j.settings.Logs.RetentionDays {
			j.report(id, "keeps its logs for %s days, the settings say %d", orNone(j.property(id, "RetentionInDays")), j.settings.Logs.RetentionDays)
		}
	}
}

func ownLogGroups(j *judge) {
	for _, id := range j.IDs("AWS::Lambda::Function") {
		if j.Resources[target(j.property(id, "LoggingConfig.LogGroup"))].Type != "AWS::Logs::LogGroup" {
			j.report(id, "has no log group of the stack: give it one")
		}
	}
}
