package httpapi

import (
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// event is the event of payload format 2.0 for the integration (page http-api-develop-integrations-lambda, "Payload
// format structure") and for a Lambda authorizer (page http-api-lambda-authorizer), each with fields that the other has
// not. Fields without a value are absent.
type event struct {
	Version        string            `json:"version"`
	Type           string            `json:"type,omitempty"`           // of an authorizer's event
	RouteARN       string            `json:"routeArn,omitempty"`       // as above
	IdentitySource []string          `json:"identitySource,omitempty"` // as above
	RouteKey       string            `json:"routeKey"`
	RawPath        string            `json:"rawPath"`
	RawQueryString string            `json:"rawQueryString"`
	Cookies        []string          `json:"cookies,omitempty"`
	Headers        map[string]string `json:"headers"`
	Query          map[string]string `json:"queryStringParameters,omitempty"`
	Context        eventContext      `json:"requestContext"`
	PathParameters map[string]string `json:"pathParameters,omitempty"`
	StageVariables map[string]string `json:"stageVariables,omitempty"`
	Body           string            `json:"body,omitempty"`
	Base64         *bool             `json:"isBase64Encoded,omitempty"` // of an integration's event
}

type eventContext struct {
	AccountID    string         `json:"accountId"`
	APIID        string         `json:"apiId"`
	Authorizer   map[string]any `json:"authorizer,omitempty"`
	DomainName   string         `json:"domainName"`
	DomainPrefix string         `json:"domainPrefix"`
	HTTP         caller         `json:"http"`
	RequestID    string         `json:"requestId"`
	RouteKey     string         `json:"routeKey"`
	Stage        string         `json:"stage"`
	Time         string         `json:"time"`
	TimeEpoch    int64          `json:"timeEpoch"`
}

type caller = events.APIGatewayV2HTTPRequestContextHTTPDescription

// describe renders what both events tell of the request.
func (in *request) describe() event {
	prefix, _, _ := strings.Cut(in.Host, ".")
	return event{
		Version: "2.0", RouteKey: in.route.Key, RawPath: in.rawPath, RawQueryString: in.URL.RawQuery,
		Cookies: cookies(in.Header), Headers: in.headers(), Query: query(in.URL.RawQuery),
		Context: eventContext{
			AccountID: in.api.Account, APIID: in.api.ID, DomainName: in.Host, DomainPrefix: prefix,
			HTTP:      caller{Method: in.Method, Path: in.rawPath, Protocol: in.Proto, SourceIP: gateway.SourceIP(in.Request), UserAgent: in.UserAgent()},
			RequestID: in.id, RouteKey: in.route.Key, Stage: in.api.Stage, Authorizer: in.authorized,
			Time: gateway.RequestTime(in.received), TimeEpoch: in.received.UnixMilli(),
		},
		PathParameters: in.params, StageVariables: in.api.StageVariables,
	}
}

// describeAsREST renders the request for a Lambda authorizer of payload format 1.0 (page http-api-lambda-authorizer).
func (in *request) describeAsREST(methodARN, identity string) events.APIGatewayV2CustomAuthorizerV1Request {
	path := in.route.resource("") // without a method
	e := events.APIGatewayV2CustomAuthorizerV1Request{
		Version: gateway.FormatREST, Type: "REQUEST", MethodArn: methodARN, IdentitySource: identity, AuthorizationToken: identity,
		Resource: path, Path: in.rawPath, HTTPMethod: in.Method, Headers: in.headers(), QueryStringParameters: query(in.URL.RawQuery),
		PathParameters: in.params, StageVariables: in.api.StageVariables,
		RequestContext: events.APIGatewayV2CustomAuthorizerV1RequestTypeRequestContext{
			Path: in.rawPath, AccountID: in.api.Account, ResourceID: in.route.Key, Stage: in.api.Stage, RequestID: in.id,
			ResourcePath: path, HTTPMethod: in.Method, APIID: in.api.ID,
		},
	}
	e.RequestContext.Identity.SourceIP = gateway.SourceIP(in.Request)
	return e
}

// event renders the request for the integration.
func (in *request) event() []byte {
	e := in.describe()
	encoded := len(in.body) > 0 && (!isText(in.Header.Get("Content-Type")) || !utf8.Valid(in.body))
	e.Base64, e.Body = &encoded, string(in.body)
	if encoded {
		e.Body = base64.StdEncoding.EncodeToString(in.body)
	}
	return gateway.MustMarshal(e)
}

// plainText is the type that API Gateway gives to what has none.
const plainText = "text/plain; charset=utf-8"

// hopByHop headers concern one connection (RFC 9110, section 7.6.1) and pass in neither direction.
var hopByHop = []string{"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}

// headers are lower-case, duplicates joined by commas, without cookies (those have their own field), and with what
// API Gateway adds: it is reached by HTTPS only, appends the caller to X-Forwarded-For, starts a trace if none runs, and
// gives a request without payload a content type (page api-gateway-known-issues, "Important notes for HTTP APIs").
func (in *request) headers() map[string]string {
	h := map[string]string{}
	for name, values := range in.Header {
		h[strings.ToLower(name)] = strings.Join(values, ",")
	}
	dropped := append([]string{"cookie"}, hopByHop...)
	for _, name := range append(dropped, strings.Split(strings.ToLower(h["connection"]), ",")...) {
		delete(h, strings.TrimSpace(name))
	}
	if len(in.body) == 0 && h["content-type"] == "" {
		h["content-type"] = plainText
	}
	h["host"] = in.Host
	h["content-length"] = strconv.Itoa(len(in.body))
	h["x-forwarded-proto"], h["x-forwarded-port"] = "https", "443"
	h["x-forwarded-for"] = strings.Join(append(in.Header.Values("X-Forwarded-For"), gateway.SourceIP(in.Request)), ", ")
	h[traceHeader] = in.trace()
	return h
}

const traceHeader = "x-amzn-trace-id"

// trace is the caller's, or a new one that the request keeps.
func (in *request) trace() string {
	if in.Header.Get(traceHeader) == "" {
		in.Header.Set(traceHeader, lambda.NewTrace())
	}
	return in.Header.Get(traceHeader)
}

// cookies lists each cookie of each Cookie header; one without a name is left out.
func cookies(h http.Header) []string {
	var list []string
	for _, line := range h.Values("Cookie") {
		for c := range strings.SplitSeq(line, ";") {
			if c = strings.TrimSpace(c); c != "" && c[0] != '=' {
				list = append(list, c)
			}
		}
	}
	return list
}

// query decodes the parameters and joins duplicates by commas in the order they came.
func query(raw string) map[string]string {
	params := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescapeQuery(name), unescapeQuery(value)
		if earlier, dup := params[name]; dup {
			value = earlier + "," + value
		}
		params[name] = value
	}
	return params
}

func unescapeQuery(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// isText reports whether a body of this content type travels as text. HTTP APIs do that for these types in UTF-8 alone;
// a form or a body without a type is sent in base64. The guide tells only that binary types are; these are the types
// that live APIs take for text.
func isText(contentType string) bool {
	kind, params, _ := mime.ParseMediaType(contentType) // a kind that cannot be read is no text
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return false
	}
	return strings.HasPrefix(kind, "text/") ||
		slices.Contains([]string{"application/json", "application/javascript", "application/xml", "application/graphql"}, kind)
}
