package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// authorize asks the route's authorizer. An error means that the request does not pass and gets the answer.
func (in *request) authorize() (answer, error) {
	switch rt := in.route; {
	case rt.IAM && !gateway.Signed(in.Request):
		return message(http.StatusForbidden), errors.New("the request has no IAM signature")
	case rt.IAM:
		refused := message(http.StatusNotImplemented)
		refused.body = gateway.MustMarshal(map[string]string{"message": gateway.NoSignatures})
		return refused, errors.New("AWS_IAM is not checked locally")
	case rt.JWT != nil:
		return in.authorizeJWT()
	case rt.Authorizer != nil:
		return in.authorizeLambda()
	}
	return answer{}, nil
}

func (in *request) authorizeJWT() (answer, error) {
	claims, scopes, err := in.route.JWT.verify(in.source(in.route.JWT.IdentitySource), in.received)
	status, challenge, needed := http.StatusUnauthorized, "Bearer", in.route.Scopes
	switch {
	case errors.Is(err, errNoToken):
	case err != nil:
		challenge = fmt.Sprintf(`Bearer scope="" error="invalid_token" error_description=%q`, err)
	case len(needed) == 0:
		scopes = nil // null where the route asks for none
	case !intersect(needed, scopes):
		status, err = http.StatusForbidden, errors.New("the token has none of the route's scopes")
		challenge = fmt.Sprintf(`Bearer scope=%q error="insufficient_scope"`, strings.Join(needed, " "))
	}
	if err != nil {
		refused := message(status)
		refused.header.Set("Www-Authenticate", challenge)
		return refused, err
	}
	in.authorized = map[string]any{"jwt": map[string]any{"claims": claims, "scopes": scopes}}
	for name, value := range claims {
		in.authorizer["claims."+name] = value
	}
	return answer{}, nil
}

func (in *request) authorizeLambda() (answer, error) {
	path, _ := in.api.inStage(in.rawPath)
	resource := in.api.ARN(in.Method + path)
	event := func(identity []string) []byte {
		if in.route.Authorizer.Format == gateway.FormatREST {
			return gateway.MustMarshal(in.describeAsREST(resource, strings.Join(identity, ",")))
		}
		e := in.describe()
		e.Type, e.RouteARN, e.IdentitySource = "REQUEST", resource, identity
		return gateway.MustMarshal(e)
	}
	verdict, err := in.route.Authorizer.Decide(in.source, event, resource)
	if err != nil {
		return message(gateway.RefusalStatus(err)), err
	}
	in.authorized = map[string]any{"lambda": verdict.Context}
	in.authorizer = verdict.Texts()
	return answer{}, nil
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
