package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Limits of Lambda authorizers (pages http-api-quotas and apigateway-execution-service-websocket-limits-table).
const (
	maxAuthorizerAnswer = 8 << 10
	authorizerTimeout   = 10 * time.Second
	maxAuthorizerTTL    = time.Hour
	maxDecisions        = 10_000 // kept answers; the oldest are forgotten together
)

// Authorizer is an AWS::ApiGatewayV2::Authorizer of type REQUEST.
type Authorizer struct {
	FunctionARN     string
	IdentitySources []string      // such as $request.header.Authorization; every one must have a value
	SimpleResponses bool          // the function answers {"isAuthorized": …} instead of a policy
	TTL             time.Duration // how long an answer serves the same identity; zero asks each time
	Invoke          Invoke

	mu        sync.Mutex
	decisions map[string]decision
}

type decision struct {
	answer authorizerAnswer
	until  time.Time
}

// authorizerAnswer has both forms of page http-api-lambda-authorizer, "Authorizer response format".
type authorizerAnswer struct {
	IsAuthorized *bool           `json:"isAuthorized"`
	PrincipalID  string          `json:"principalId"`
	Policy       *policy         `json:"policyDocument"`
	Context      json.RawMessage `json:"context"`
}

// Verdict is what an authorizer says of one request.
type Verdict struct {
	Allowed     bool
	PrincipalID string
	Context     json.RawMessage // an object, or nil
}

// ErrUnauthorized means that an identity source has no value: 401 without asking the function.
var ErrUnauthorized = errors.New("unauthorized")

// Check refuses a configuration that API Gateway refuses.
func (a *Authorizer) Check() error {
	switch {
	case a.FunctionARN == "":
		return errors.New("the authorizer names no function")
	case a.TTL < 0 || a.TTL > maxAuthorizerTTL:
		return fmt.Errorf("authorizer result TTL %s: API Gateway allows 0 to %s", a.TTL, maxAuthorizerTTL)
	case a.TTL > 0 && len(a.IdentitySources) == 0:
		return errors.New("an authorizer whose results are kept needs an identity source")
	}
	return nil
}

// Decide asks the function, or the answer kept for the same identity, whether resource may be called. source gives the
// value of an identity source; event renders the authorizer's event. The error is ErrUnauthorized (401) or the reason
// why the function gave no usable answer (500).
func (a *Authorizer) Decide(source func(expression string) string, event func(identity []string) []byte, resource string) (Verdict, error) {
	identity := make([]string, len(a.IdentitySources))
	for i, expression := range a.IdentitySources {
		if identity[i] = source(expression); identity[i] == "" {
			return Verdict{}, ErrUnauthorized
		}
	}
	answer, err := a.ask(identity, event)
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{PrincipalID: answer.PrincipalID, Context: answer.Context}
	if a.SimpleResponses {
		v.Allowed = *answer.IsAuthorized
	} else {
		v.Allowed = answer.Policy.allows(resource)
	}
	return v, nil
}

func (a *Authorizer) ask(identity []string, event func([]string) []byte) (authorizerAnswer, error) {
	key := string(MustMarshal(identity))
	if kept, ok := a.kept(key); ok {
		return kept, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), authorizerTimeout)
	defer cancel()
	result, err := a.Invoke(ctx, a.FunctionARN, event(identity))
	if err != nil {
		return authorizerAnswer{}, fmt.Errorf("invoking the authorizer: %w", err)
	}
	answer, err := a.read(result)
	if err != nil {
		return answer, fmt.Errorf("the authorizer's answer: %w", err)
	}
	if a.TTL > 0 {
		a.keep(key, answer)
	}
	return answer, nil
}

func (a *Authorizer) read(result lambda.Result) (authorizerAnswer, error) {
	var answer authorizerAnswer
	switch {
	case result.FunctionError != "" && strings.Contains(string(result.Payload), `"errorMessage":"Unauthorized"`):
		return answer, ErrUnauthorized // page apigateway-use-lambda-authorizer: a function throws "Unauthorized" for 401
	case result.FunctionError != "":
		return answer, fmt.Errorf("the function failed: %.500s", result.Payload)
	case len(result.Payload) > maxAuthorizerAnswer:
		return answer, fmt.Errorf("it has %d bytes: API Gateway allows %d", len(result.Payload), maxAuthorizerAnswer)
	}
	if err := json.Unmarshal(result.Payload, &answer); err != nil {
		return answer, err
	}
	if string(answer.Context) == "null" {
		answer.Context = nil
	}
	switch {
	case len(answer.Context) > 0 && answer.Context[0] != '{':
		return answer, errors.New("context is no object")
	case a.SimpleResponses && answer.IsAuthorized == nil:
		return answer, errors.New("isAuthorized is missing")
	case a.SimpleResponses:
		return answer, nil
	case answer.Policy == nil:
		return answer, errors.New("policyDocument is missing")
	}
	return answer, answer.Policy.check()
}

func (a *Authorizer) kept(key string) (authorizerAnswer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, ok := a.decisions[key]
	return d.answer, ok && time.Now().Before(d.until)
}

func (a *Authorizer) keep(key string, answer authorizerAnswer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.decisions == nil || len(a.decisions) >= maxDecisions {
		a.decisions = map[string]decision{}
	}
	a.decisions[key] = decision{answer, time.Now().Add(a.TTL)}
}
