package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloudfront"
	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/httpapi"
	"github.com/miyabi-society/platform/infra/local/iam"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// draft collects what becomes a handler only when all its parts are known.
type draft struct {
	apis         map[string]*apiDraft
	permissions  []permission
	edge         cloudfront.Policies
	distribution string // its ARN
	// bucketPolicies are by name of the bucket.
	bucketPolicies map[string]iam.Policy
	schedules      []schedule.Entry
}

func newDraft() draft {
	return draft{
		apis: map[string]*apiDraft{},
		edge: cloudfront.ManagedPolicies(), bucketPolicies: map[string]iam.Policy{},
	}
}

// apiDraft is an API whose parts are still being declared.
type apiDraft struct {
	gateway.API
	name, protocol string
	selection      string // RouteSelectionExpression
	cors           *httpapi.CORS
	integrations   map[string]routeDraft // what a route that has the integration calls
	authorizers    map[string]routeDraft // what a route that has the AuthorizationType and AuthorizerId asks
	routes         []routeDraft
	responses      map[string]bool // ids of routes with a route response
}

// routeDraft is a route of either protocol, or a part of it. Without a function it is a mock, which answers mockStatus.
type routeDraft struct {
	httpapi.Route
	id         string
	responds   bool // RouteResponseSelectionExpression is $default
	mockStatus int
}

const (
	protocolHTTP      = "HTTP"
	protocolWebSocket = "WEBSOCKET"
	invokingPrincipal = "apigateway.amazonaws.com"
)

func (a *apiDraft) host() string { return a.ID + ".execute-api." + a.Region + ".amazonaws.com" }

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
func createAPI(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := r.properties
	a := &apiDraft{
		API:  gateway.API{ID: "l" + r.hash()[:9], Region: c.here.Region, Account: c.here.Account, Invoke: c.invokeForAPI},
		name: p.text("Name"), protocol: p.text("ProtocolType"), selection: p.text("RouteSelectionExpression"), cors: corsOf(p),
		integrations: map[string]routeDraft{}, authorizers: map[string]routeDraft{}, responses: map[string]bool{},
	}
	scheme := map[string]string{protocolHTTP: "https://", protocolWebSocket: "wss://"}[a.protocol]
	switch {
	case scheme == "":
		return assembly.Values{}, fmt.Errorf("ProtocolType must be HTTP or WEBSOCKET, not %q", a.protocol)
	case p.boolean("DisableExecuteApiEndpoint", false):
		return assembly.Values{}, errors.New("DisableExecuteApiEndpoint: the local cloud serves APIs at no other endpoint")
	}
	c.draft.apis[a.ID] = a
	p.refuse("Body", "BodyS3Location", "Target")
	return assembly.Values{Ref: a.ID, Attributes: map[string]any{"ApiId": a.ID, "ApiEndpoint": scheme + a.host()}}, nil
}

func (c *Cloud) apiOf(r request) (*apiDraft, error) {
	a := c.draft.apis[r.properties.text("ApiId")]
	if a == nil {
		return nil, fmt.Errorf("there is no API %q", r.properties.text("ApiId"))
	}
	return a, nil
}

// partOfAPI creates a resource that belongs to an API by adding it, and gives its id as Ref and as the attribute.
func partOfAPI(attribute string, add func(c *Cloud, a *apiDraft, id string, p properties) error) create {
	return func(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
		a, err := c.apiOf(r)
		if err != nil {
			return assembly.Values{}, err
		}
		id := r.hash()[:7]
		return assembly.Values{Ref: id, Attributes: map[string]any{attribute: id}}, add(c, a, id, r.properties)
	}
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html
var createIntegration = partOfAPI("IntegrationId", func(_ *Cloud, a *apiDraft, id string, p properties) error {
	var d routeDraft
	var err error
	switch kind := p.text("IntegrationType"); {
	case kind == "MOCK" && a.protocol == protocolWebSocket:
		d.mockStatus, err = mockStatus(p)
	case kind == "AWS_PROXY":
		d, err = functionIntegration(p)
	default:
		err = fmt.Errorf("the local cloud integrates an API with functions (AWS_PROXY), not by %q", kind)
	}
	a.integrations[id] = d
	return err
})

func functionIntegration(p properties) (routeDraft, error) {
	p.refuse("RequestParameters", "ResponseParameters", "IntegrationSubtype", "CredentialsArn", "ContentHandlingStrategy")
	var d routeDraft
	var err error
	d.Format, d.Timeout = p.text("PayloadFormatVersion"), time.Duration(p.within("TimeoutInMillis", 0, 50, 30_000))*time.Millisecond
	d.FunctionARN, err = integratedFunction(p.text("IntegrationUri"))
	return d, err
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
var createRoute = partOfAPI("RouteId", func(_ *Cloud, a *apiDraft, id string, p properties) error {
	if p.boolean("ApiKeyRequired", false) {
		p.refuse("ApiKeyRequired")
	}
	p.refuse("RequestParameters", "RequestModels", "ModelSelectionExpression")
	target, named := strings.CutPrefix(p.text("Target"), "integrations/")
	route, known := a.integrations[target]
	if !named || !known {
		return fmt.Errorf("the route's Target %q is not an integration of this API", p.text("Target"))
	}
	route.id, route.Key, route.Scopes = id, p.text("RouteKey"), p.texts("AuthorizationScopes")
	route.responds = p.text("RouteResponseSelectionExpression") == "$default"
	if err := a.authorize(&route, p); err != nil {
		return err
	}
	a.routes = append(a.routes, route)
	return nil
})

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
	return nil
}

func (c *Cloud) buildAPI(a *apiDraft) error {
	api := httpapi.API{API: a.API, CORS: a.cors}
	for _, r := range a.routes {
		r.FunctionARN = a.filled(r.FunctionARN)
		api.Routes = append(api.Routes, r.Route)
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
	if source := lambda.CallOf(ctx).Source; !c.permits(function, invokingPrincipal, source) {
		err := fmt.Errorf("%w for API Gateway: no AWS::Lambda::Permission lets %s invoke %s", lambda.ErrNotFound, source, function)
		c.printf("%v", err)
		return lambda.Result{}, err
	}
	return c.functions.Invoke(ctx, function, payload)
}
