package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/miyabi-society/platform/infra/local/websocket"
)

// mockStatus reads the status that a mock answers from its request template. Without one, AWS answers 500.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
func mockStatus(p properties) (int, error) {
	templates := slices.Collect(maps.Values(p.textMap("RequestTemplates")))
	if len(templates) == 0 {
		return 0, nil
	}
	var answer struct{ StatusCode int }
	if err := json.Unmarshal([]byte(templates[0]), &answer); err != nil || len(templates) > 1 {
		return 0, errors.New(`RequestTemplates of a mock integration: use one template of the form {"statusCode": 200}`)
	}
	return answer.StatusCode, nil
}

// createRouteResponse notes that a route answers its caller.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-routeresponse.html
var createRouteResponse = partOfAPI("RouteResponseId", func(_ *Cloud, a *apiDraft, _ string, p properties) error {
	if key := p.text("RouteResponseKey"); key != "$default" {
		return fmt.Errorf("RouteResponseKey %q: only $default is possible", key)
	}
	a.responses[p.text("RouteId")] = true
	p.refuse("ResponseParameters", "ResponseModels", "ModelSelectionExpression")
	return nil
})

// buildWebSocket makes the server of a WebSocket API. Its address serves the connections, and the services' endpoint
// the @connections commands of functions.
func (c *Cloud) buildWebSocket(a *apiDraft) error {
	api := websocket.API{API: a.API, RouteSelection: a.selection}
	for _, r := range a.routes {
		r.FunctionARN = a.filled(r.FunctionARN)
		api.Routes = append(api.Routes, websocket.Route{Route: r.Route.Route, MockStatus: r.mockStatus, Responds: r.responds && a.responses[r.id]})
	}
	s, err := websocket.New(api, &c.live)
	if err != nil {
		return err
	}
	c.origins[a.host()] = s
	return nil
}
