package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// refusal is the answer to a request that its route's authorizer does not let through.
type refusal struct {
	status    int
	message   string // "" for the status's own words
	challenge string // WWW-Authenticate, "" for none
	reason    error  // for the log
}

func (r *refusal) write(w http.ResponseWriter) {
	if r.challenge != "" {
		w.Header().Set("Www-Authenticate", r.challenge)
	}
	if r.message == "" {
		r.message = http.StatusText(r.status)
	}
	gateway.WriteMessage(w, r.status, r.message)
}

func (d Route) checkAuthorization() error {
	if len(d.Scopes) > 0 && d.JWT == nil {
		return errors.New("AuthorizationScopes need a JWT authorizer")
	}
	if d.JWT != nil {
		return d.JWT.check()
	}
	return nil
}

// authorize asks the route's authorizer. It returns nil when the request may pass.
func (in *request) authorize() *refusal {
	switch rt := in.route; {
	case rt.IAM:
		return &refusal{status: http.StatusNotImplemented, message: "This route needs an IAM signature, which the local cloud does not check; it answers once it is deployed.", reason: errors.New("AWS_IAM is not checked locally")}
	case rt.JWT != nil:
		return in.authorizeJWT()
	case rt.Authorizer != nil:
		return in.authorizeLambda()
	}
	return nil
}

func (in *request) authorizeJWT() *refusal {
	token, err := in.route.JWT.verify(in.source(in.route.JWT.IdentitySource), in.received)
	switch {
	case errors.Is(err, errNoToken):
		return &refusal{status: http.StatusUnauthorized, challenge: "Bearer", reason: err}
	case err != nil:
		challenge := fmt.Sprintf(`Bearer scope="" error="invalid_token" error_description=%q`, err)
		return &refusal{status: http.StatusUnauthorized, challenge: challenge, reason: err}
	case !token.hasOneOf(in.route.Scopes):
		challenge := fmt.Sprintf(`Bearer scope=%q error="insufficient_scope"`, strings.Join(in.route.Scopes, " "))
		return &refusal{status: http.StatusForbidden, challenge: challenge, reason: errors.New("the token has none of the route's scopes")}
	}
	scopes := token.scopes
	if len(in.route.Scopes) == 0 {
		scopes = nil // null where the route asks for none
	}
	in.authorized = map[string]any{"jwt": map[string]any{"claims": token.claims, "scopes": scopes}}
	return nil
}

// authorizerEvent is the Lambda authorizer's event of payload format 2.0 (page http-api-lambda-authorizer).
type authorizerEvent struct {
	described
	Type           string   `json:"type"`
	RouteARN       string   `json:"routeArn"`
	IdentitySource []string `json:"identitySource"`
}

func (in *request) authorizeLambda() *refusal {
	event := func(identity []string) []byte {
		return gateway.MustMarshal(authorizerEvent{described: in.described(), Type: "REQUEST", RouteARN: in.routeARN(), IdentitySource: identity})
	}
	verdict, err := in.route.Authorizer.Decide(in.source, event, in.routeARN())
	switch {
	case errors.Is(err, gateway.ErrUnauthorized):
		return &refusal{status: http.StatusUnauthorized, reason: err}
	case err != nil:
		return &refusal{status: http.StatusInternalServerError, reason: err}
	case !verdict.Allowed:
		return &refusal{status: http.StatusForbidden, reason: errors.New("the authorizer said no")}
	}
	in.authorized, in.principal = map[string]any{"lambda": verdict.Context}, verdict.PrincipalID
	return nil
}

// routeARN is arn:aws:execute-api:region:account:api/stage/METHOD/path.
func (in *request) routeARN() string {
	path := rawPath(in.URL)
	if in.api.Stage != defaultRoute {
		path = strings.TrimPrefix(path, "/"+in.api.Stage)
	}
	function := in.route.FunctionARN
	return fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s%s", gateway.RegionOf(function), gateway.AccountOf(function), in.api.ID, in.api.Stage, in.Method, path)
}

// source gives the value of an identity source: a header, a query parameter, a context or a stage variable.
func (in *request) source(expression string) string {
	if name, ok := strings.CutPrefix(expression, "$request.header."); ok {
		return in.Header.Get(name)
	}
	if name, ok := strings.CutPrefix(expression, "$request.querystring."); ok {
		return query(in.URL.RawQuery)[name]
	}
	if name, ok := strings.CutPrefix(expression, "$context."); ok {
		return in.variables(nil)[name]
	}
	name, _ := strings.CutPrefix(expression, "$stageVariables.")
	return in.api.StageVariables[name]
}

// authorizerVariables are $context.authorizer.claims.NAME of a token and $context.authorizer.NAME of a Lambda
// authorizer's context.
func (in *request) authorizerVariables() map[string]string {
	v := map[string]string{"principalId": in.principal}
	authorized, _ := in.authorized.(map[string]any)
	if token, ok := authorized["jwt"].(map[string]any); ok {
		for name, value := range token["claims"].(map[string]string) {
			v["claims."+name] = value
		}
	}
	if raw, ok := authorized["lambda"].(json.RawMessage); ok {
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(raw, &fields) // no context, no variables
		for name, value := range fields {
			v[name] = strings.Trim(string(value), `"`)
		}
	}
	return v
}
