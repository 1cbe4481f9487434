package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/websocket"
)

// mockIntegration reads the status that a mock answers from its request template. Without one, AWS answers 500.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
func mockIntegration(p properties) (integration, error) {
	templates := slices.Collect(maps.Values(p.textMap("RequestTemplates")))
	if len(templates) == 0 {
		return integration{}, nil
	}
	var answer struct{ StatusCode int }
	if err := json.Unmarshal([]byte(templates[0]), &answer); err != nil || len(templates) > 1 {
		return integration{}, errors.New(`RequestTemplates of a mock integration: use one template of the form {"statusCode": 200}`)
	}
	return integration{mockStatus: answer.StatusCode}, nil
}

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
	api := websocket.API{API: a.API, RouteSelection: a.selection}
	for _, r := range a.routes {
		api.Routes = append(api.Routes, websocket.Route{Route: a.filled(r.Route), MockStatus: r.mockStatus, Responds: r.responds && a.responses[r.id]})
	}
	s, err := websocket.New(api, &c.live)
	if err != nil {
		return err
	}
	c.origins[a.host()] = s
	return nil
}
