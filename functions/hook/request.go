package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// host is what the requests of the hook name as their Host; it belongs to nobody (RFC 2606).
const host = "hook.invalid"

// request is an HTTP request as the HTTP API would pass it on.
type request struct {
	method, path string
	// site is the browser's Sec-Fetch-Site, cookie its one cookie; empty for none.
	site, cookie string
}

// event is the request in payload format 2.0.
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (r request) event() events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: r.path,
		Headers: map[string]string{"host": host, "user-agent": "miyabi-hook", "accept": "application/json"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RequestID: "hook-" + rand.Text(), DomainName: host, Stage: "$default", TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.method, Path: r.path, Protocol: "HTTP/1.1", SourceIP: "192.0.2.1", UserAgent: "miyabi-hook",
			},
		},
	}
	if r.site != "" {
		e.Headers["sec-fetch-site"] = r.site
	}
	if r.cookie != "" {
		e.Cookies = []string{r.cookie}
	}
	return e
}

// answer is what a function answers to a request.
type answer struct {
	events.APIGatewayV2HTTPResponse
}

// header is a header of the answer, whatever its case.
func (a answer) header(name string) string {
	for key, value := range a.Headers {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

const (
	// attempts is how often a request is sent while the answer is "try again": a first connection to a database that
	// just restarted may take a moment.
	attempts = 3
	pause    = 2 * time.Second
)

// ask sends the request, again after a pause while the answer is 503.
func (i invoke) ask(ctx context.Context, r request) (answer, error) {
	for attempt := 1; ; attempt++ {
		a, err := i.once(ctx, r)
		if err != nil || a.StatusCode != http.StatusServiceUnavailable || attempt == attempts {
			return a, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return a, nil
		}
	}
}

func (i invoke) once(ctx context.Context, r request) (answer, error) {
	payload, err := json.Marshal(r.event())
	if err != nil {
		return answer{}, fmt.Errorf("write the request %s %s: %w", r.method, r.path, err)
	}
	reply, err := i(ctx, payload)
	if err != nil {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil || a.StatusCode == 0 {
		return answer{}, fmt.Errorf("%s %s is answered with what is no HTTP response: %s", r.method, r.path, excerpt(string(reply)))
	}
	if a.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(a.Body)
		if err != nil {
			return answer{}, fmt.Errorf("%s %s has a body that is not base64: %w", r.method, r.path, err)
		}
		a.Body = string(body)
	}
	return a, nil
}

// longest is how much of an answer goes into the log, in bytes.
const longest = 200

func excerpt(text string) string {
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
