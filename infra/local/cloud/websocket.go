package cloud

import (
	"context"
	"fmt"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/websocket"
)

// createRouteResponse notes that a route answers its caller.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-routeresponse.html
func createRouteResponse(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	if key := r.properties.text("RouteResponseKey"); key != "$default" {
		return assembly.Values{}, fmt.Errorf("RouteResponseKey %q: only $default is possible", key)
	}
	a.responses[r.properties.text("RouteId")] = true
	id := r.hash()[:7]
	return assembly.Values{Ref: id, Attributes: map[string]any{"RouteResponseId": id}}, nil
}

// buildWebSocket makes the server of a WebSocket API. Its address serves the connections, and the services' endpoint
// the @connections commands of functions.
func (c *Cloud) buildWebSocket(a *apiDraft) error {
	api := websocket.API{
		ID: a.id, Stage: a.stage.name, RouteSelection: a.selection, StageVariables: a.stage.variables,
		Throttle: a.stage.throttle, RouteThrottle: a.stage.routes, AccessLog: c.accessLog(a), Invoke: c.invokeForAPI,
	}
	for _, r := range a.routes {
		i := a.integrations[r.integration]
		route := websocket.Route{
			Key: r.key, FunctionARN: a.stage.fill(i.function), Mock: i.mock, Timeout: i.timeout,
			Responds: r.responds && a.responses[r.id], IAM: r.authorization == "AWS_IAM",
		}
		if r.authorization == "CUSTOM" {
			if route.Authorizer = a.authorizers[r.authorizer].lambda; route.Authorizer == nil {
				return fmt.Errorf("route %q: AuthorizerId %q is not an authorizer of this API", r.key, r.authorizer)
			}
		}
		api.Routes = append(api.Routes, route)
	}
	s, err := websocket.New(api)
	if err != nil {
		return err
	}
	c.origins[a.host()] = s
	c.live.Add(s)
	return nil
}
