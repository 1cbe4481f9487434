package cloud

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloudfront"
	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/httpapi"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// draft collects what becomes a handler only when all its parts are known.
type draft struct {
	apis         map[string]*apiDraft
	permissions  map[permission]bool
	edge         edge
	distribution *cloudfront.Distribution
	schedules    []schedule.Entry
}

func newDraft() draft {
	return draft{
		apis: map[string]*apiDraft{}, permissions: map[permission]bool{},
		edge: edge{functions: map[string]string{}, headers: map[string]cloudfront.ResponseHeaders{}, caches: map[string]cloudfront.CachePolicy{}},
	}
}

// apiDraft is an API whose parts are still being declared.
type apiDraft struct {
	gateway.API
	name, protocol string
	selection      string // RouteSelectionExpression
	cors           *httpapi.CORS
	integrations   map[string]integration
	authorizers    map[string]authorizerDraft
	routes         []routeDraft
	responses      map[string]bool // ids of routes with a route response
}

// integration is one of an API. Without a function it is a mock, which answers mockStatus.
type integration struct {
	function, format string
	timeout          time.Duration
	mockStatus       int
}

type routeDraft struct {
	gateway.Route
	id, format string
	jwt        *httpapi.JWTAuthorizer
	scopes     []string
	responds   bool // RouteResponseSelectionExpression is $default
	mockStatus int
}

const (
	protocolHTTP      = "HTTP"
	protocolWebSocket = "WEBSOCKET"
	invokingPrincipal = "apigateway.amazonaws.com"
)

// APIDomain is what follows an API's id in its host name.
const APIDomain = ".execute-api." + region + ".amazonaws.com"

func (a *apiDraft) host() string { return a.ID + APIDomain }

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
func createAPI(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a := &apiDraft{
		API: gateway.API{ID: "l" + r.hash()[:9], Invoke: c.invokeForAPI}, name: r.properties.text("Name"), protocol: r.properties.text("ProtocolType"), selection: r.properties.text("RouteSelectionExpression"),
		integrations: map[string]integration{}, authorizers: map[string]authorizerDraft{}, responses: map[string]bool{},
	}
	scheme := map[string]string{protocolHTTP: "https://", protocolWebSocket: "wss://"}[a.protocol]
	if scheme == "" {
		return assembly.Values{}, fmt.Errorf("ProtocolType must be HTTP or WEBSOCKET, not %q", a.protocol)
	}
	if err := r.properties.refuse("Body", "BodyS3Location", "Target"); err != nil {
		return assembly.Values{}, err
	}
	var err error
	if a.cors, err = corsOf(r.properties); err != nil {
		return assembly.Values{}, err
	}
	c.draft.apis[a.ID] = a
	return assembly.Values{Ref: a.ID, Attributes: map[string]any{"ApiId": a.ID, "ApiEndpoint": scheme + a.host()}}, nil
}

func (c *Cloud) apiOf(r request) (*apiDraft, error) {
	a := c.draft.apis[r.properties.text("ApiId")]
	if a == nil {
		return nil, fmt.Errorf("there is no API %q", r.properties.text("ApiId"))
	}
	return a, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html
func createIntegration(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	id := r.hash()[:7]
	values := assembly.Values{Ref: id, Attributes: map[string]any{"IntegrationId": id}}
	kind := r.properties.text("IntegrationType")
	if kind == "MOCK" && a.protocol == protocolWebSocket {
		a.integrations[id], err = mockIntegration(r.properties)
		return values, err
	}
	if kind != "AWS_PROXY" {
		return values, fmt.Errorf("the local cloud integrates an API with functions (AWS_PROXY), not by %q", kind)
	}
	if err := r.properties.refuse("RequestParameters", "ResponseParameters", "IntegrationSubtype"); err != nil {
		return values, err
	}
	function, err := integratedFunction(r.properties.text("IntegrationUri"))
	if err != nil {
		return values, err
	}
	timeout, err := r.properties.integer("TimeoutInMillis")
	a.integrations[id] = integration{function: function, format: r.properties.text("PayloadFormatVersion"), timeout: time.Duration(timeout) * time.Millisecond}
	return values, err
}

// integratedFunction takes a function's ARN, or the form arn:aws:apigateway:…:lambda:path/2015-03-31/functions/ARN/invocations.
func integratedFunction(uri string) (string, error) {
	if _, rest, ok := strings.Cut(uri, ":lambda:path/"); ok {
		_, rest, _ = strings.Cut(rest, "/functions/")
		uri = strings.TrimSuffix(rest, "/invocations")
	}
	if !strings.HasPrefix(uri, "arn:aws:lambda:") {
		return "", fmt.Errorf("IntegrationUri %q names no function", uri)
	}
	return uri, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html
func createRoute(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	p, id := r.properties, r.hash()[:7]
	values := assembly.Values{Ref: id, Attributes: map[string]any{"RouteId": id}}
	target, named := strings.CutPrefix(p.text("Target"), "integrations/")
	i, known := a.integrations[target]
	if !named || !known {
		return values, fmt.Errorf("the route's Target %q is not an integration of this API", p.text("Target"))
	}
	route := routeDraft{
		Route: gateway.Route{Key: p.text("RouteKey"), FunctionARN: i.function, Timeout: i.timeout},
		id:    id, format: i.format, scopes: p.texts("AuthorizationScopes"), responds: p.text("RouteResponseSelectionExpression") == "$default",
		mockStatus: i.mockStatus,
	}
	if err := a.authorize(&route, p); err != nil {
		return values, err
	}
	a.routes = append(a.routes, route)
	return values, nil
}

// build makes the handlers of all that was collected.
func (c *Cloud) build() error {
	for _, a := range c.deployedAPIs() {
		build := c.buildAPI
		if a.protocol == protocolWebSocket {
			build = c.buildWebSocket
		}
		if err := build(a); err != nil {
			return fmt.Errorf("api %s (%s): %w", a.ID, a.name, err)
		}
	}
	return c.buildSite()
}

func (c *Cloud) buildAPI(a *apiDraft) error {
	api := httpapi.API{API: a.API, CORS: a.cors}
	for _, r := range a.routes {
		api.Routes = append(api.Routes, httpapi.Route{Route: a.filled(r.Route), Format: r.format, JWT: r.jwt, Scopes: r.scopes})
	}
	h, err := httpapi.New(api)
	if err != nil {
		return err
	}
	c.origins[a.host()] = h
	return nil
}

// invokeForAPI runs a function for API Gateway, which needs a permission on exactly what it invokes.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-permissions
func (c *Cloud) invokeForAPI(ctx context.Context, function string, payload []byte) (lambda.Result, error) {
	if !c.draft.permissions[permission{function, invokingPrincipal}] {
		err := fmt.Errorf("%w for API Gateway: no AWS::Lambda::Permission lets it invoke %s", lambda.ErrNotFound, function)
		c.printf("%v", err)
		return lambda.Result{}, err
	}
	return c.functions.Invoke(ctx, function, payload)
}
