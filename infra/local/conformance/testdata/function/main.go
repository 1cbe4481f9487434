// Command function is behind every route of the conformance tests' stack: it describes what reached it, and does what
// the path or the message's action asks for.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

type event struct {
	Type           string            `json:"type"`
	RawPath        string            `json:"rawPath"`
	Headers        map[string]string `json:"headers"`
	Query          map[string]string `json:"queryStringParameters"`
	Body           string            `json:"body"`
	RequestContext struct {
		RouteKey     string `json:"routeKey"`
		EventType    string `json:"eventType"`
		ConnectionID string `json:"connectionId"`
		DomainName   string `json:"domainName"`
		Stage        string `json:"stage"`
	} `json:"requestContext"`
}

func main() { lambda.Start(handle) }

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	switch {
	case e.Type == "REQUEST":
		return map[string]any{"isAuthorized": e.Headers["x-pass"] == "yes", "context": map[string]any{"who": "me", "level": 7}}, nil
	case e.RequestContext.EventType != "":
		return live(ctx, e, raw)
	}
	return answer(e, raw), nil
}

// answer serves HTTP.
func answer(e event, raw json.RawMessage) any {
	switch e.RawPath {
	case "/answer/binary":
		return map[string]any{"statusCode": 200, "headers": map[string]string{"content-type": "image/png"}, "body": "AAH/", "isBase64Encoded": true}
	case "/answer/inferred":
		return map[string]string{"inferred": "yes"}
	case "/answer/text":
		return "plain text"
	case "/answer/cookies":
		return map[string]any{"statusCode": 201, "cookies": []string{"a=1", "b=2; Path=/"}, "headers": map[string]string{"x-own": "1"}}
	case "/answer/malformed":
		return map[string]any{"statusCode": "none"}
	case "/answer/cors":
		return map[string]any{"statusCode": 200, "headers": map[string]string{"access-control-allow-origin": "https://function.example"}}
	case "/answer/crash":
		os.Exit(3)
	case "/answer/trivial":
		return map[string]any{"statusCode": 200, "body": "ok"}
	}
	return map[string]any{"statusCode": 200, "headers": map[string]string{"content-type": "application/json"}, "body": string(raw)}
}

// live serves WebSocket events.
func live(ctx context.Context, e event, raw json.RawMessage) (any, error) {
	var message struct{ Action, Text string }
	_ = json.Unmarshal([]byte(e.Body), &message) // a message that is no JSON asks for nothing
	status := 200
	switch {
	case e.RequestContext.EventType == "CONNECT" && e.Query["refuse"] != "":
		status = 401
	case message.Action == "crash":
		os.Exit(3)
	case message.Action == "push":
		if err := push(ctx, e, message.Text); err != nil {
			return nil, err
		}
	}
	return map[string]any{"statusCode": status, "body": string(raw)}, nil
}

// push sends text to the caller's connection by PostToConnection.
func push(ctx context.Context, e event, text string) error {
	base := os.Getenv("AWS_ENDPOINT_URL")
	if base == "" {
		base = "https://" + e.RequestContext.DomainName
	}
	target := fmt.Sprintf("%s/%s/@connections/%s", base, e.RequestContext.Stage, url.PathEscape(e.RequestContext.ConnectionID))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader([]byte(text)))
	if err != nil {
		return err
	}
	credentials := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	sum := sha256.Sum256([]byte(text))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "execute-api", os.Getenv("AWS_REGION"), time.Now()); err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("PostToConnection answered %s", resp.Status)
	}
	return nil
}
