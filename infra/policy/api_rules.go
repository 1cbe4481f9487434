package policy

var apiRules = []Rule{{
	Name:  "throttled-stages",
	Holds: "Each stage of an API takes no more requests than the environment's settings allow.",
	Why: "The throttle bounds what a flood costs and how many functions it starts. " +
		"https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html",
	find: in(throttledStages),
}, {
	Name:  "logged-requests",
	Holds: "Each stage of an API writes a line for each request to a log group of its stack, and never the bodies.",
	Why:   "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html",
	find:  in(loggedRequests),
}, {
	Name:  "same-origin",
	Holds: "No API answers other sites' scripts.",
	Why: "The dashboard, the API and the sign-in share one domain, so that a cross-origin rule could only help others. " +
		"https://developer.mozilla.org/docs/Web/HTTP/Guides/CORS",
	find: in(sameOrigin),
}}

func throttledStages(j *judge) {
	for _, id := range j.IDs("AWS::ApiGatewayV2::Stage") {
		j.atMost(id, "DefaultRouteSettings.ThrottlingRateLimit", j.settings.API.RateLimit)
		j.atMost(id, "DefaultRouteSettings.ThrottlingBurstLimit", j.settings.API.BurstLimit)
	}
}

func (j *judge) atMost(id, path string, limit int) {
	value, ok := number(j.property(id, path))
	if !ok || value < 1 || int(value) > limit {
		j.report(id, "has %s %s: the settings say %d", path, orNone(j.property(id, path)), limit)
	}
}

func loggedRequests(j *judge) {
	for _, id := range j.IDs("AWS::ApiGatewayV2::Stage") {
		group := target(j.property(id, "AccessLogSettings.DestinationArn"))
		if j.Resources[group].Type != "AWS::Logs::LogGroup" || j.property(id, "AccessLogSettings.Format") == nil {
			j.report(id, "has no access log in a log group of the stack: set AccessLogSettings")
		}
		if j.property(id, "DefaultRouteSettings.DataTraceEnabled") == true {
			j.report(id, "logs whole messages: switch DataTraceEnabled off")
		}
	}
}

func sameOrigin(j *judge) {
	for _, id := range j.IDs("AWS::ApiGatewayV2::Api") {
		if j.property(id, "CorsConfiguration") != nil {
			j.report(id, "has a CorsConfiguration: serve its callers from the same domain")
		}
	}
}
