package websocket

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// Types of events.
const (
	eventConnect    = "CONNECT"
	eventMessage    = "MESSAGE"
	eventDisconnect = "DISCONNECT"
)

// event is what a function gets (pages apigateway-websocket-api-route-keys-connect-disconnect and
// websocket-api-develop-integrations). Fields without a value are absent.
type event struct {
	Type              string              `json:"type,omitempty"`      // of an authorizer
	MethodARN         string              `json:"methodArn,omitempty"` // of an authorizer
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Query             map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	StageVariables    map[string]string   `json:"stageVariables,omitempty"`
	Context           eventContext        `json:"requestContext"`
	Body              *string             `json:"body,omitempty"`
	Base64            bool                `json:"isBase64Encoded"`
	integration       integrationOutcome
}

// eventContext has the variables of page apigateway-websocket-api-mapping-template-reference.
type eventContext struct {
	RouteKey          string         `json:"routeKey"`
	Authorizer        map[string]any `json:"authorizer,omitempty"`
	MessageID         string         `json:"messageId,omitempty"`
	DisconnectStatus  int            `json:"disconnectStatusCode,omitempty"`
	EventType         string         `json:"eventType"`
	ExtendedRequestID string         `json:"extendedRequestId"`
	RequestTime       string         `json:"requestTime"`
	MessageDirection  string         `json:"messageDirection"`
	DisconnectReason  *string        `json:"disconnectReason,omitempty"`
	Stage             string         `json:"stage"`
	ConnectedAt       int64          `json:"connectedAt"`
	RequestTimeEpoch  int64          `json:"requestTimeEpoch"`
	Identity          identity       `json:"identity"`
	RequestID         string         `json:"requestId"`
	DomainName        string         `json:"domainName"`
	ConnectionID      string         `json:"connectionId"`
	APIID             string         `json:"apiId"`
}

type identity struct {
	UserAgent string `json:"userAgent,omitempty"`
	SourceIP  string `json:"sourceIp"`
}

// integrationOutcome is for the access log.
type integrationOutcome struct {
	status  int
	latency time.Duration
	failure error
}

// event begins an event of this connection.
func (c *connection) event(kind, routeKey string) *event {
	now := time.Now()
	id := gateway.NewID()
	return &event{StageVariables: c.server.api.StageVariables, Context: eventContext{
		RouteKey: routeKey, Authorizer: c.authorizer, EventType: kind, ExtendedRequestID: id, RequestID: id,
		RequestTime: gateway.RequestTime(now), RequestTimeEpoch: now.UnixMilli(), MessageDirection: "IN",
		Stage: c.server.api.Stage, ConnectedAt: c.connected.UnixMilli(), Identity: c.identity,
		DomainName: c.domain, ConnectionID: c.id, APIID: c.server.api.ID,
	}}
}

// withRequest adds the handshake's headers and query: the last value of each, and all of them.
func (e *event) withRequest(r *http.Request) *event {
	e.Headers, e.MultiValueHeaders = map[string]string{}, map[string][]string{}
	set := func(name string, values ...string) {
		e.Headers[name], e.MultiValueHeaders[name] = values[len(values)-1], values
	}
	for name, values := range r.Header {
		if name != "Connection" && name != "Upgrade" {
			set(strings.Replace(name, "Sec-Websocket-", "Sec-WebSocket-", 1), values...)
		}
	}
	set("Host", r.Host)
	set("X-Forwarded-Proto", "https")
	set("X-Forwarded-Port", "443")
	set("X-Forwarded-For", strings.TrimPrefix(strings.Join(r.Header.Values("X-Forwarded-For"), ", ")+", "+gateway.SourceIP(r), ", "))
	if r.Header.Get("X-Amzn-Trace-Id") == "" {
		set("X-Amzn-Trace-Id", gateway.NewTrace())
	}
	for name, values := range r.URL.Query() {
		if e.Query == nil {
			e.Query, e.MultiValueQuery = map[string]string{}, map[string][]string{}
		}
		e.Query[name], e.MultiValueQuery[name] = values[len(values)-1], values
	}
	return e
}

func (e *event) json() []byte { return gateway.MustMarshal(e) }

// variables are the $context variables of WebSocket APIs by name (page websocket-api-logging).
func (e *event) variables() map[string]string {
	x := e.Context
	v := map[string]string{
		"apiId": x.APIID, "connectedAt": strconv.FormatInt(x.ConnectedAt, 10), "connectionId": x.ConnectionID, "domainName": x.DomainName,
		"eventType": x.EventType, "extendedRequestId": x.ExtendedRequestID, "identity.sourceIp": x.Identity.SourceIP,
		"identity.userAgent": x.Identity.UserAgent, "messageDirection": x.MessageDirection, "messageId": x.MessageID,
		"requestId": x.RequestID, "requestTime": x.RequestTime, "requestTimeEpoch": strconv.FormatInt(x.RequestTimeEpoch, 10),
		"routeKey": x.RouteKey, "stage": x.Stage,
	}
	if x.DisconnectStatus != 0 {
		v["disconnectStatusCode"] = strconv.Itoa(x.DisconnectStatus)
	}
	if o := e.integration; o.status != 0 {
		v["status"], v["integrationStatus"] = strconv.Itoa(o.status), strconv.Itoa(o.status)
		v["integrationLatency"] = strconv.FormatInt(o.latency.Milliseconds(), 10)
	}
	if e.integration.failure != nil {
		v["integrationErrorMessage"], v["error.message"] = e.integration.failure.Error(), e.integration.failure.Error()
	}
	for name, value := range x.Authorizer {
		v["authorizer."+name] = fmt.Sprint(value)
	}
	return v
}

// authorizerContext turns an authorizer's context into requestContext.authorizer, whose values are text.
func authorizerContext(v gateway.Verdict) map[string]any {
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(v.Context, &fields) // no context, no fields
	out := map[string]any{"principalId": v.PrincipalID}
	for name, raw := range maps.All(fields) {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		out[name] = text
	}
	return out
}
