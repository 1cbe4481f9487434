package cloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloudfront"
	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/httpapi"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// draft collects what becomes a handler only when all its parts are known.
type draft struct {
	apis           map[string]*apiDraft
	permissions    map[permission]bool
	edgeFunctions  map[string]string
	headerPolicies map[string]map[string]any
	distribution   *cloudfront.Distribution
}

func newDraft() draft {
	return draft{
		apis: map[string]*apiDraft{}, permissions: map[permission]bool{}, edgeFunctions: map[string]string{},
		headerPolicies: map[string]map[string]any{},
	}
}

type apiDraft struct {
	id, protocol string
	integrations map[string]httpapi.Integration
	routes       []routeDraft
	stage        *httpapi.API
}

type routeDraft struct{ key, integration string }

const (
	protocolHTTP      = "HTTP"
	protocolWebSocket = "WEBSOCKET"
	invokingPrincipal = "apigateway.amazonaws.com"
)

func (a *apiDraft) host() string { return a.id + ".execute-api." + here.Region + ".amazonaws.com" }

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
func createAPI(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a := &apiDraft{id: "l" + r.hash()[:9], protocol: r.properties.text("ProtocolType"), integrations: map[string]httpapi.Integration{}}
	scheme := map[string]string{protocolHTTP: "https://", protocolWebSocket: "wss://"}[a.protocol]
	if scheme == "" {
		return assembly.Values{}, fmt.Errorf("ProtocolType must be HTTP or WEBSOCKET, not %q", a.protocol)
	}
	if err := r.properties.refuse("Body", "BodyS3Location", "CorsConfiguration", "Target"); err != nil {
		return assembly.Values{}, err
	}
	c.draft.apis[a.id] = a
	return assembly.Values{Ref: a.id, Attributes: map[string]any{"ApiId": a.id, "ApiEndpoint": scheme + a.host()}}, nil
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
	values := assembly.Values{Ref: r.hash()[:7], Attributes: map[string]any{"IntegrationId": r.hash()[:7]}}
	if a.protocol == protocolWebSocket {
		return values, nil
	}
	if kind := r.properties.text("IntegrationType"); kind != "AWS_PROXY" {
		return values, fmt.Errorf("the local cloud integrates an HTTP API with functions (AWS_PROXY), not by %q", kind)
	}
	if err := r.properties.refuse("RequestParameters", "ResponseParameters", "IntegrationSubtype"); err != nil {
		return values, err
	}
	function, err := integratedFunction(r.properties.text("IntegrationUri"))
	if err != nil {
		return values, err
	}
	timeout, err := r.properties.integer("TimeoutInMillis")
	a.integrations[r.hash()[:7]] = httpapi.Integration{
		FunctionARN: function, PayloadFormatVersion: r.properties.text("PayloadFormatVersion"), Timeout: time.Duration(timeout) * time.Millisecond,
	}
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
	id := r.hash()[:7]
	values := assembly.Values{Ref: id, Attributes: map[string]any{"RouteId": id}}
	if a.protocol == protocolWebSocket {
		return values, nil
	}
	if kind := r.properties.text("AuthorizationType"); kind != "" && kind != "NONE" {
		return values, fmt.Errorf("the local cloud carries out routes without an authorizer, not AuthorizationType %s", kind)
	}
	integration, ok := strings.CutPrefix(r.properties.text("Target"), "integrations/")
	if !ok || a.integrations[integration].FunctionARN == "" {
		return values, fmt.Errorf("Target %q is not an integration of this API", r.properties.text("Target"))
	}
	a.routes = append(a.routes, routeDraft{r.properties.text("RouteKey"), integration})
	return values, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-stage.html
func createStage(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	name := r.properties.text("StageName")
	values := assembly.Values{Ref: name}
	if a.protocol == protocolWebSocket {
		return values, nil
	}
	if a.stage != nil {
		return values, errors.New("the local cloud serves one stage of an API, and this is the second")
	}
	if len(r.properties.object("RouteSettings")) > 0 {
		return values, r.properties.refuse("RouteSettings")
	}
	settings := r.properties.object("DefaultRouteSettings")
	rate, err := settings.number("ThrottlingRateLimit")
	if err != nil {
		return values, err
	}
	burst, err := settings.integer("ThrottlingBurstLimit")
	a.stage = &httpapi.API{
		ID: a.id, StageName: name, StageVariables: r.properties.textMap("StageVariables"), Throttle: gateway.Throttle{RateLimit: rate, BurstLimit: burst},
	}
	return values, err
}

// build makes the handlers of all that was collected.
func (c *Cloud) build() error {
	for _, id := range slices.Sorted(maps.Keys(c.draft.apis)) {
		a := c.draft.apis[id]
		if a.protocol == protocolWebSocket {
			c.origins[a.host()] = http.HandlerFunc(answerWebSocket)
			continue
		}
		if err := c.buildAPI(a); err != nil {
			return fmt.Errorf("api %s: %w", id, err)
		}
	}
	return c.buildSite()
}

func (c *Cloud) buildAPI(a *apiDraft) error {
	if a.stage == nil {
		return nil // an API without a stage is not reachable
	}
	api := *a.stage
	api.Invoke = c.invokeForAPI
	for _, r := range a.routes {
		api.Routes = append(api.Routes, httpapi.Route{Key: r.key, Integration: a.integrations[r.integration]})
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

// answerWebSocket says that no WebSocket connection can be opened.
func answerWebSocket(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "The local cloud does not serve the WebSocket API; the dashboard polls instead.", http.StatusNotImplemented)
}
