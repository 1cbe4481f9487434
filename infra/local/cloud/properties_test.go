package cloud

import (
	"strings"
	"testing"
)

func TestAPropertyOfTheWrongKindIsRefused(t *testing.T) {
	t.Parallel()
	template := func(kind, properties string) string {
		return `{"Resources": {"R": {"Type": "` + kind + `", "Properties": {` + properties + `}}}}`
	}
	staged := func(settings string) string {
		return resources(function, strings.Replace(httpAPI, `"StageName"`, settings+`, "StageName"`, 1))
	}
	const api = `"Name": "a", "ProtocolType": "HTTP", `
	for want, templateText := range map[string]string{
		`CorsConfiguration.AllowOrigins must be a list, not *`:                        template("AWS::ApiGatewayV2::Api", api+`"CorsConfiguration": {"AllowOrigins": "*"}`),
		`CorsConfiguration.AllowMethods must be a string, not ["GET"]`:                template("AWS::ApiGatewayV2::Api", api+`"CorsConfiguration": {"AllowMethods": [["GET"]]}`),
		`CorsConfiguration must be an object, not true`:                               template("AWS::ApiGatewayV2::Api", api+`"CorsConfiguration": true`),
		`CorsConfiguration.AllowCredentials must be true or false, not "yes"`:         template("AWS::ApiGatewayV2::Api", api+`"CorsConfiguration": {"AllowCredentials": "yes"}`),
		`Environment.Variables.A must be a string, not {"b":1}`:                       declared(`, "Environment": {"Variables": {"A": {"b": 1}}}`),
		`MemorySize must be a number, not "much"`:                                     declared(`, "MemorySize": "much"`),
		`Targets must be an object, not f`:                                            template("AWS::Events::Rule", `"ScheduleExpression": "rate(1 day)", "Targets": ["f"]`),
		`DefaultRouteSettings.ThrottlingRateLimit must be a number, not "x"`:          staged(`"DefaultRouteSettings": {"ThrottlingRateLimit": "x"}`),
		`RouteSettings.$default.ThrottlingBurstLimit must be a whole number, not 1.5`: staged(`"RouteSettings": {"$default": {"ThrottlingBurstLimit": 1.5}}`),
	} {
		newMachine(t).refused(want, templateText)
	}
}
