package websocket

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// event is what a function gets of a handshake, a message or an end (page
// apigateway-websocket-api-route-keys-connect-disconnect). What has no value is absent.
type event struct {
	fields  map[string]any
	context map[string]any // requestContext (page apigateway-websocket-api-mapping-template-reference)
	outcome map[string]any // further variables of the access log
}

// event begins an event of this connection.
func (c *connection) event(kind, routeKey string) *event {
	now, id, api := time.Now(), gateway.NewID(), &c.server.api
	e := &event{outcome: map[string]any{}, context: map[string]any{
		"routeKey": routeKey, "eventType": kind, "extendedRequestId": id, "requestId": id, "messageDirection": "IN",
		"requestTime": gateway.RequestTime(now), "requestTimeEpoch": now.UnixMilli(), "connectedAt": c.connected.UnixMilli(),
		"identity": c.identity, "domainName": c.domain, "stage": api.Stage, "apiId": api.ID, "connectionId": c.id,
	}}
	e.fields = map[string]any{"requestContext": e.context, "isBase64Encoded": false}
	if c.authorizer != nil {
		e.context["authorizer"] = c.authorizer
	}
	if len(api.StageVariables) > 0 {
		e.fields["stageVariables"] = api.StageVariables
	}
	return e
}

// withRequest adds the handshake's headers and query.
func (e *event) withRequest(r *http.Request) *event {
	headers := map[string][]string{"X-Amzn-Trace-Id": {lambda.NewTrace()}}
	for name, values := range r.Header {
		if name != "Connection" && name != "Upgrade" {
			headers[strings.Replace(name, "Sec-Websocket-", "Sec-WebSocket-", 1)] = values
		}
	}
	headers["Host"], headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"] = []string{r.Host}, []string{"https"}, []string{"443"}
	headers["X-Forwarded-For"] = []string{strings.Join(append(r.Header.Values("X-Forwarded-For"), gateway.SourceIP(r)), ", ")}
	e.setHeaders(headers)
	if query := r.URL.Query(); len(query) > 0 {
		e.fields["queryStringParameters"], e.fields["multiValueQueryStringParameters"] = lasts(query), query
	}
	return e
}

func (e *event) setHeaders(headers map[string][]string) {
	e.fields["headers"], e.fields["multiValueHeaders"] = lasts(headers), headers
}

// lasts are the last values of each name.
func lasts(values map[string][]string) map[string]string {
	out := map[string]string{}
	for name, list := range values {
		out[name] = list[len(list)-1]
	}
	return out
}

// forAuthorizer is the handshake's event as its authorizer gets it, where empty fields are there (page
// apigateway-websocket-api-lambda-auth).
func (e *event) forAuthorizer(methodARN string) []byte {
	ask := event{fields: map[string]any{"type": "REQUEST", "methodArn": methodARN}}
	for _, name := range []string{"stageVariables", "queryStringParameters", "multiValueQueryStringParameters"} {
		ask.fields[name] = map[string]string{}
	}
	maps.Copy(ask.fields, e.fields)
	delete(ask.fields, "isBase64Encoded")
	headers := map[string][]string{"Connection": {"upgrade"}, "Upgrade": {"websocket"}, "content-length": {"0"}}
	maps.Copy(headers, e.fields["multiValueHeaders"].(map[string][]string))
	ask.setHeaders(headers)
	return gateway.MustMarshal(ask.fields)
}

// message is what API Gateway itself tells a client about this event.
func (e *event) message(text string) []byte {
	return gateway.MustMarshal(map[string]any{"message": text, "connectionId": e.context["connectionId"], "requestId": e.context["requestId"]})
}

// end notes the status and, unless it is "", what API Gateway itself told the client.
func (e *event) end(status int, text string) {
	e.outcome["status"], e.outcome["error.message"] = status, text
}

// variables are the $context variables of WebSocket APIs by name (page websocket-api-logging).
func (e *event) variables() map[string]string {
	v := map[string]string{}
	for _, values := range []map[string]any{e.context, e.outcome} {
		for name, value := range values {
			group, ok := value.(map[string]string)
			if !ok {
				v[name] = fmt.Sprint(value)
			}
			for field, value := range group {
				v[name+"."+field] = value
			}
		}
	}
	return v
}
