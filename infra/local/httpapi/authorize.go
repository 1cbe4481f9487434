package httpapi

import (
	"cmp"
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
	reason    error  // for the log
	message   string // "" for the status's own words
	challenge string // WWW-Authenticate, "" for none
}

func (r *refusal) write(w http.ResponseWriter) {
	if r.challenge != "" {
		w.Header().Set("Www-Authenticate", r.challenge)
	}
	gateway.WriteMessage(w, r.status, cmp.Or(r.message, http.StatusText(r.status)))
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

const noSignatures = "This route needs an IAM signature, which the local cloud does not check; it answers once it is deployed."

// authorize asks the route's authorizer. It returns nil when the request may pass.
func (in *request) authorize() *refusal {
	switch rt := in.route; {
	case rt.IAM:
		return &refusal{http.StatusNotImplemented, errors.New("AWS_IAM is not checked locally"), noSignatures, ""}
	case rt.JWT != nil:
		return in.authorizeJWT()
	case rt.Authorizer != nil:
		return in.authorizeLambda()
	}
	return nil
}

func (in *request) authorizeJWT() *refusal {
	t, err := in.route.JWT.verify(in.source(in.route.JWT.IdentitySource), in.received)
	needed := in.route.Scopes
	switch {
	case errors.Is(err, errNoToken):
		return &refusal{http.StatusUnauthorized, err, "", "Bearer"}
	case err != nil:
		return &refusal{http.StatusUnauthorized, err, "", fmt.Sprintf(`Bearer scope="" error="invalid_token" error_description=%q`, err)}
	case len(needed) > 0 && !intersect(needed, t.scopes):
		challenge := fmt.Sprintf(`Bearer scope=%q error="insufficient_scope"`, strings.Join(needed, " "))
		return &refusal{http.StatusForbidden, errors.New("the token has none of the route's scopes"), "", challenge}
	case len(needed) == 0:
		t.scopes = nil // null where the route asks for none
	}
	in.authorized = map[string]any{"jwt": map[string]any{"claims": t.claims, "scopes": t.scopes}}
	for name, value := range t.claims {
		in.authorizer["claims."+name] = value
	}
	return nil
}

func (in *request) authorizeLambda() *refusal {
	resource := in.routeARN()
	event := func(identity []string) []byte {
		e := in.describe()
		e.Type, e.RouteARN, e.IdentitySource = "REQUEST", resource, identity
		return gateway.MustMarshal(e)
	}
	verdict, err := in.route.Authorizer.Decide(in.source, event, resource)
	switch {
	case errors.Is(err, gateway.ErrUnauthorized):
		return &refusal{status: http.StatusUnauthorized, reason: err}
	case err != nil:
		return &refusal{status: http.StatusInternalServerError, reason: err}
	case !verdict.Allowed:
		return &refusal{status: http.StatusForbidden, reason: errors.New("the authorizer said no")}
	}
	in.authorized = map[string]any{"lambda": verdict.Context}
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(verdict.Context, &fields) // no context, no variables
	for name, value := range fields {
		in.authorizer[name] = strings.Trim(string(value), `"`)
	}
	in.authorizer["principalId"] = verdict.PrincipalID
	return nil
}

// routeARN is arn:aws:execute-api:region:account:api/stage/METHOD/path.
func (in *request) routeARN() string {
	path, function := in.rawPath, in.route.FunctionARN
	if in.api.Stage != defaultRoute {
		path = strings.TrimPrefix(path, "/"+in.api.Stage)
	}
	return fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s%s", gateway.RegionOf(function), gateway.AccountOf(function), in.api.ID, in.api.Stage, in.Method, path)
}

// source gives the value of an identity source: a header, a query parameter, a context or a stage variable.
func (in *request) source(expression string) string {
	kind, name, _ := strings.Cut(strings.TrimPrefix(expression, "$request."), ".")
	switch kind {
	case "header":
		return in.Header.Get(name)
	case "querystring":
		return query(in.URL.RawQuery)[name]
	case "$context":
		return in.variables()[name]
	case "$stageVariables":
		return in.api.StageVariables[name]
	}
	return ""
}
