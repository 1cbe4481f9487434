package cloud

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// liveAPI is a WebSocket API at stage live whose $connect route is CONNECT and whose $default route answers.
const liveAPI = `
	"Live": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET", "Name": "live", "RouteSelectionExpression": "$request.body.action"}},
	"Mock": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "Live"}, "IntegrationType": "MOCK", "RequestTemplates": {"200": "{\"statusCode\":200}"}, "TemplateSelectionExpression": "200"}},
	"Function": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "Live"}, "IntegrationType": "AWS_PROXY",
		"IntegrationUri": {"Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FA}/invocations"}}},
	"Connect": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Live"}, CONNECT, "RouteKey": "$connect"}},
	"Default": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Live"}, "RouteKey": "$default", "RouteResponseSelectionExpression": "$default", "Target": {"Fn::Sub": "integrations/${Function}"}}},
	"Response": {"Type": "AWS::ApiGatewayV2::RouteResponse", "Properties": {"ApiId": {"Ref": "Live"}, "RouteId": {"Ref": "Default"}, "RouteResponseKey": "$default"}},
	"LiveStage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Live"}, "StageName": "live"}},
	"Edge": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"Enabled": true,
		"Origins": [{"Id": "live", "DomainName": {"Fn::Sub": "${Live}.execute-api.us-east-1.amazonaws.com"}, "CustomOriginConfig": {}}],
		"DefaultCacheBehavior": {"TargetOriginId": "live", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac", "ViewerProtocolPolicy": "https-only"}}}}`

// dialLive opens a connection through the distribution.
func dialLive(t *testing.T, connect string) (*Cloud, *websocket.Conn, *http.Response, error) {
	t.Helper()
	c := newMachine(t).must(resources(function, mayInvoke, strings.Replace(liveAPI, "CONNECT", connect, 1)))
	server := httptest.NewServer(c.Site())
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, server.URL+"/live", nil)
	return c, conn, resp, err
}

func TestAWebSocketAPIIsReachedThroughTheDistribution(t *testing.T) {
	t.Parallel()
	c, conn, _, err := dialLive(t, `"Target": {"Fn::Sub": "integrations/${Mock}"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(ctx); err != nil || string(text) != "hello from " {
		t.Errorf("answer is %q, %v", text, err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(httptestRequest(t, http.MethodPost, c.address+"/live/@connections/JKJaXmPLvHcESHA%3D"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusGone || resp.Header.Get("X-Amzn-Errortype") != "GoneException" {
		t.Errorf("a push to nobody gives %d %v", resp.StatusCode, resp.Header)
	}
}

func httptestRequest(t *testing.T, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAWebSocketAPIThatNeedsIAMRefusesWhoDoesNotSign(t *testing.T) {
	t.Parallel()
	_, _, resp, err := dialLive(t, `"AuthorizationType": "AWS_IAM", "Target": {"Fn::Sub": "integrations/${Mock}"}`)
	if err == nil || resp == nil || resp.StatusCode != http.StatusForbidden || resp.Header.Get("X-Cache") != "Error from cloudfront" {
		t.Fatalf("handshake gives %v, %v", resp, err)
	}
}

func TestPropertiesOfAWebSocketAPIThatWouldBeIgnoredAreRefused(t *testing.T) {
	t.Parallel()
	const mock = `"Target": {"Fn::Sub": "integrations/${Mock}"}`
	for want, change := range map[string][2]string{
		"ApiKeyRequired":     {"CONNECT", `"ApiKeyRequired": true, ` + mock},
		"RequestModels":      {"CONNECT", `"RequestModels": {"$default": "m"}, ` + mock},
		"use one template":   {`{\"statusCode\":200}`, `#set($a = 1)`},
		"ResponseParameters": {`"RouteResponseKey"`, `"ResponseParameters": {}, "RouteResponseKey"`},
		"only $default":      {`"RouteResponseKey": "$default"`, `"RouteResponseKey": "other"`},
		"route selection":    {"$request.body.action", "$request.header.action"},
		"allows 50ms to 29s": {`"IntegrationType": "AWS_PROXY"`, `"IntegrationType": "AWS_PROXY", "TimeoutInMillis": 30000`},
	} {
		live := strings.Replace(strings.Replace(liveAPI, change[0], change[1], 1), "CONNECT", mock, 1)
		newMachine(t).refused(want, resources(function, mayInvoke, live))
	}
}
