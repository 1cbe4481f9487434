package cloud

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/httpapi"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html
var createAuthorizer = partOfAPI("AuthorizerId", func(c *Cloud, a *apiDraft, id string, p properties) error {
	var d routeDraft
	var err error
	switch kind := p.text("AuthorizerType"); {
	case kind == "JWT" && a.protocol == protocolHTTP:
		d.JWT, err = jwtAuthorizer(p)
		a.authorizers["JWT"+id] = d
	case kind == "REQUEST":
		d.Authorizer, err = c.lambdaAuthorizer(a, id, p)
		a.authorizers["CUSTOM"+id] = d
	default:
		err = fmt.Errorf("AuthorizerType %q: use REQUEST, or JWT for an HTTP API", kind)
	}
	return err
})

func jwtAuthorizer(p properties) (*httpapi.JWTAuthorizer, error) {
	sources, config := p.texts("IdentitySource"), p.object("JwtConfiguration")
	if len(sources) != 1 {
		return nil, errors.New("a JWT authorizer has one identity source")
	}
	return &httpapi.JWTAuthorizer{Issuer: config.text("Issuer"), Audience: config.texts("Audience"), IdentitySource: sources[0]}, nil
}

func (c *Cloud) lambdaAuthorizer(a *apiDraft, id string, p properties) (*gateway.Authorizer, error) {
	format := p.text("AuthorizerPayloadFormatVersion")
	if a.protocol == protocolHTTP && format != gateway.FormatREST && format != "2.0" {
		return nil, fmt.Errorf("AuthorizerPayloadFormatVersion %q: use 1.0 or 2.0", format)
	}
	function, err := integratedFunction(p.text("AuthorizerUri"))
	if err != nil {
		return nil, err
	}
	p.refuse("AuthorizerCredentialsArn")
	source := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/authorizers/%s", a.Region, a.Account, a.ID, id)
	return &gateway.Authorizer{
		FunctionARN: function, IdentitySources: p.texts("IdentitySource"), SimpleResponses: p.boolean("EnableSimpleResponses", false), Format: format,
		TTL: time.Duration(p.within("AuthorizerResultTtlInSeconds", 0, 0, 3600)) * time.Second,
		Invoke: func(ctx context.Context, function string, event []byte) (lambda.Result, error) {
			return c.invokeForAPI(lambda.WithCall(ctx, lambda.Call{Source: source}), function, event)
		},
	}, nil
}

// authorize gives a route its authorizer.
func (a *apiDraft) authorize(route *routeDraft, p properties) error {
	switch kind := p.text("AuthorizationType"); kind {
	case "", "NONE":
	case "AWS_IAM":
		route.IAM = true
	case "JWT", "CUSTOM":
		d, known := a.authorizers[kind+p.text("AuthorizerId")]
		if !known {
			return fmt.Errorf("AuthorizerId %q is not a %s authorizer of this API", p.text("AuthorizerId"), kind)
		}
		route.JWT, route.Authorizer = d.JWT, d.Authorizer
	default:
		return fmt.Errorf("AuthorizationType %q: use NONE, AWS_IAM, JWT or CUSTOM", kind)
	}
	return nil
}

// corsOf reads CorsConfiguration; nil where there is none.
func corsOf(p properties) *httpapi.CORS {
	if !p.has("CorsConfiguration") {
		return nil
	}
	o := p.object("CorsConfiguration")
	return &httpapi.CORS{
		AllowOrigins: o.texts("AllowOrigins"), AllowMethods: o.texts("AllowMethods"), AllowHeaders: o.texts("AllowHeaders"),
		ExposeHeaders: o.texts("ExposeHeaders"), AllowCredentials: o.boolean("AllowCredentials", false), MaxAge: o.text("MaxAge"),
	}
}
