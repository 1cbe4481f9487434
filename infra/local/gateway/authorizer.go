package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/iam"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Limits of Lambda authorizers (pages http-api-quotas and apigateway-execution-service-websocket-limits-table).
const (
	maxAuthorizerAnswer = 8 << 10
	authorizerTimeout   = 10 * time.Second
	maxAuthorizerTTL    = time.Hour
)

// FormatREST is the AuthorizerPayloadFormatVersion of an event like that of a REST API.
const FormatREST = "1.0"

// Authorizer is an AWS::ApiGatewayV2::Authorizer of type REQUEST.
type Authorizer struct {
	FunctionARN     string
	IdentitySources []string      // such as $request.header.Authorization; every one must have a value
	SimpleResponses bool          // the function answers {"isAuthorized": …} instead of a policy
	Format          string        // AuthorizerPayloadFormatVersion of an HTTP API's: 1.0 or 2.0
	TTL             time.Duration // how long a verdict serves the same identity; zero asks each time
	Invoke          Invoke

	verdicts sync.Map // by identity, until their time is over
}

// Verdict is what an authorizer's function answers, in either form of page http-api-lambda-authorizer, "Authorizer
// response format".
type Verdict struct {
	IsAuthorized *bool           `json:"isAuthorized"`
	Policy       *iam.Policy     `json:"policyDocument"`
	PrincipalID  string          `json:"principalId"`
	Context      json.RawMessage `json:"context"` // an object, or nil
}

// Texts is what logs and WebSocket functions get of a verdict: the context's fields as text, and principalId.
func (v Verdict) Texts() map[string]string {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(v.Context, &fields) // no context, no fields
	out := map[string]string{"principalId": v.PrincipalID}
	for name, raw := range fields {
		text := string(raw)
		_ = json.Unmarshal(raw, &text) // numbers and booleans stay as they are
		out[name] = text
	}
	return out
}

// What Decide refuses a request for. Any other error means that the function gave no usable answer.
var (
	// ErrUnauthorized means that an identity source has no value, or that the function says so.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden means that the function does not let the request pass.
	ErrForbidden = errors.New("the authorizer said no")
)

// RefusalStatus is the answer to a request that Decide refused.
func RefusalStatus(err error) int {
	switch {
	case errors.Is(err, ErrUnauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, ErrForbidden):
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// Check refuses a configuration that API Gateway refuses.
func (a *Authorizer) Check() error {
	switch {
	case a.FunctionARN == "":
		return errors.New("the authorizer names no function")
	case a.Format == FormatREST && a.SimpleResponses:
		return errors.New("EnableSimpleResponses needs the AuthorizerPayloadFormatVersion 2.0")
	case a.TTL < 0 || a.TTL > maxAuthorizerTTL:
		return fmt.Errorf("authorizer result TTL %s: API Gateway allows 0 to %s", a.TTL, maxAuthorizerTTL)
	case a.TTL > 0 && len(a.IdentitySources) == 0:
		return errors.New("an authorizer whose results are kept needs an identity source")
	}
	return nil
}

// Decide asks the function, or its verdict kept for the same identity, whether resource may be called. source gives the
// value of an identity source; event renders the authorizer's event.
func (a *Authorizer) Decide(source func(expression string) string, event func(identity []string) []byte, resource string) (Verdict, error) {
	identity := make([]string, len(a.IdentitySources))
	for i, expression := range a.IdentitySources {
		if identity[i] = source(expression); identity[i] == "" {
			return Verdict{}, ErrUnauthorized
		}
	}
	v, err := a.ask(identity, event)
	switch {
	case err != nil:
		return Verdict{}, err
	case a.SimpleResponses && !*v.IsAuthorized, !a.SimpleResponses && !v.Policy.Allows(iam.Request{Action: "execute-api:Invoke", Resource: resource}):
		return Verdict{}, ErrForbidden
	}
	return v, nil
}

func (a *Authorizer) ask(identity []string, event func([]string) []byte) (Verdict, error) {
	key := string(MustMarshal(identity))
	if kept, ok := a.verdicts.Load(key); ok {
		return kept.(Verdict), nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), authorizerTimeout)
	defer cancel()
	result, err := a.Invoke(ctx, a.FunctionARN, event(identity))
	if err != nil {
		return Verdict{}, fmt.Errorf("invoking the authorizer: %w", err)
	}
	v, err := a.read(result)
	if err != nil {
		return v, fmt.Errorf("the authorizer's answer: %w", err)
	}
	if a.TTL > 0 {
		a.verdicts.Store(key, v)
		time.AfterFunc(a.TTL, func() { a.verdicts.Delete(key) })
	}
	return v, nil
}

func (a *Authorizer) read(result lambda.Result) (Verdict, error) {
	var v Verdict
	var failure struct{ ErrorMessage string }
	_ = json.Unmarshal(result.Payload, &failure) // what is no object has no message
	switch {
	case result.FunctionError != "" && failure.ErrorMessage == "Unauthorized":
		return v, ErrUnauthorized // page apigateway-use-lambda-authorizer: a function throws "Unauthorized" for 401
	case result.FunctionError != "":
		return v, fmt.Errorf("the function failed: %.500s", result.Payload)
	case len(result.Payload) > maxAuthorizerAnswer:
		return v, fmt.Errorf("it has %d bytes: API Gateway allows %d", len(result.Payload), maxAuthorizerAnswer)
	}
	if err := json.Unmarshal(result.Payload, &v); err != nil {
		return v, err
	}
	if string(v.Context) == "null" {
		v.Context = nil
	}
	switch {
	case len(v.Context) > 0 && v.Context[0] != '{':
		return v, errors.New("context is no object")
	case a.SimpleResponses && v.IsAuthorized == nil:
		return v, errors.New("isAuthorized is missing")
	case a.SimpleResponses:
		return v, nil
	case v.Policy == nil:
		return v, errors.New("policyDocument is missing")
	}
	return v, v.Policy.Check()
}
