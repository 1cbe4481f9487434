package cloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/httpapi"
)

// authorizerDraft is one of both kinds.
type authorizerDraft struct {
	jwt    *httpapi.JWTAuthorizer
	lambda *gateway.Authorizer
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html
func createAuthorizer(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	a, err := c.apiOf(r)
	if err != nil {
		return assembly.Values{}, err
	}
	id := r.hash()[:6]
	var d authorizerDraft
	switch kind := r.properties.text("AuthorizerType"); {
	case kind == "JWT" && a.protocol == protocolHTTP:
		d.jwt, err = jwtAuthorizer(r.properties)
	case kind == "REQUEST":
		d.lambda, err = c.lambdaAuthorizer(a, r.properties)
	default:
		err = fmt.Errorf("AuthorizerType %q: use REQUEST, or JWT for an HTTP API", kind)
	}
	a.authorizers[id] = d
	return assembly.Values{Ref: id, Attributes: map[string]any{"AuthorizerId": id}}, err
}

func jwtAuthorizer(p properties) (*httpapi.JWTAuthorizer, error) {
	sources, config := p.texts("IdentitySource"), p.object("JwtConfiguration")
	if len(sources) != 1 {
		return nil, errors.New("a JWT authorizer has one identity source")
	}
	return &httpapi.JWTAuthorizer{Issuer: config.text("Issuer"), Audience: config.texts("Audience"), IdentitySource: sources[0]}, nil
}

func (c *Cloud) lambdaAuthorizer(a *apiDraft, p properties) (*gateway.Authorizer, error) {
	if format := p.text("AuthorizerPayloadFormatVersion"); a.protocol == protocolHTTP && format != "2.0" {
		return nil, fmt.Errorf("AuthorizerPayloadFormatVersion %q: only 2.0 is served", format)
	}
	function, err := integratedFunction(p.text("AuthorizerUri"))
	if err != nil {
		return nil, err
	}
	ttl, err := p.integer("AuthorizerResultTtlInSeconds")
	if err != nil {
		return nil, err
	}
	return &gateway.Authorizer{
		FunctionARN: function, IdentitySources: p.texts("IdentitySource"), SimpleResponses: p.boolean("EnableSimpleResponses"),
		TTL: time.Duration(ttl) * time.Second, Invoke: c.invokeForAPI,
	}, nil
}

// authorize gives a route its authorizer.
func (a *apiDraft) authorize(route *routeDraft, p properties) error {
	d := a.authorizers[p.text("AuthorizerId")]
	kind := p.text("AuthorizationType")
	known := true
	switch kind {
	case "", "NONE":
	case "AWS_IAM":
		route.IAM = true
	case "JWT":
		route.jwt, known = d.jwt, d.jwt != nil
	case "CUSTOM":
		route.Authorizer, known = d.lambda, d.lambda != nil
	default:
		return fmt.Errorf("AuthorizationType %q: use NONE, AWS_IAM, JWT or CUSTOM", kind)
	}
	if !known {
		return fmt.Errorf("AuthorizerId %q is not a %s authorizer of this API", p.text("AuthorizerId"), kind)
	}
	return nil
}

// corsOf reads CorsConfiguration; nil where there is none.
func corsOf(p properties) (*httpapi.CORS, error) {
	if p["CorsConfiguration"] == nil {
		return nil, nil //nolint:nilnil // no configuration is no error
	}
	o := p.object("CorsConfiguration")
	cors := &httpapi.CORS{
		AllowOrigins: o.texts("AllowOrigins"), AllowMethods: o.texts("AllowMethods"), AllowHeaders: o.texts("AllowHeaders"),
		ExposeHeaders: o.texts("ExposeHeaders"), AllowCredentials: o.boolean("AllowCredentials"),
	}
	if o["MaxAge"] != nil {
		age, err := o.integer("MaxAge")
		if err != nil {
			return nil, fmt.Errorf("CorsConfiguration: %w", err)
		}
		cors.MaxAge = &age
	}
	return cors, nil
}
