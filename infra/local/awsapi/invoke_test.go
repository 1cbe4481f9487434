package awsapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

const functionARN = "arn:aws:lambda:us-east-1:111122223333:function:Miyabi-local-api:session"

func TestSDKInvokesAFunction(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.functions.answer = func(context.Context, string, []byte) (lambda.Result, error) {
		return lambda.Result{Payload: []byte(`{"ok":true}`), ExecutedVersion: "7"}, nil
	}
	out, err := sdk.NewFromConfig(c.config).Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String(functionARN), Payload: []byte(`{"a":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if string(out.Payload) != `{"ok":true}` || out.StatusCode != 200 || out.FunctionError != nil || aws.ToString(out.ExecutedVersion) != "7" {
		t.Errorf("got %+v", out)
	}
	if got := c.functions.called(); !slices.Equal(got, []string{functionARN + ` {"a":1}`}) {
		t.Errorf("called %v", got)
	}
}

func TestQualifierIsPartOfTheName(t *testing.T) {
	t.Parallel()
	c := start(t)
	client := sdk.NewFromConfig(c.config)
	for _, name := range []string{"api", "api:live", "arn:aws:lambda:us-east-1:111122223333:function:live"} {
		if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &name, Qualifier: aws.String("live")}); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.functions.called(); !slices.Equal(got, []string{"api:live {}", "api:live {}", "arn:aws:lambda:us-east-1:111122223333:function:live:live {}"}) {
		t.Errorf("called %v", got)
	}
	var invalid *types.InvalidParameterValueException
	if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api:1"), Qualifier: aws.String("live")}); !errors.As(err, &invalid) {
		t.Errorf("two qualifiers: got %v", err)
	}
}

func TestAFailedFunctionIsToldByAHeader(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.functions.answer = func(context.Context, string, []byte) (lambda.Result, error) {
		return lambda.Result{Payload: []byte(`{"errorType":"Runtime.ExitError","errorMessage":"x"}`), FunctionError: lambda.Unhandled}, nil
	}
	out, err := sdk.NewFromConfig(c.config).Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api")})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), "Runtime.ExitError") {
		t.Errorf("got %+v", out)
	}
}

func TestInvokeErrorsAreTheSDKsTypes(t *testing.T) {
	t.Parallel()
	c := start(t)
	client := sdk.NewFromConfig(c.config)
	invoke := func(cause error) error {
		c.functions.answer = func(context.Context, string, []byte) (lambda.Result, error) { return lambda.Result{}, cause }
		_, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("gone")})
		return err
	}
	var notFound *types.ResourceNotFoundException
	if err := invoke(fmt.Errorf("%w: arn:gone:$LATEST", lambda.ErrNotFound)); !errors.As(err, &notFound) || notFound.ErrorMessage() != "Function not found: arn:gone:$LATEST" || aws.ToString(notFound.Type) != "User" {
		t.Errorf("got %v", err)
	}
	var throttled *types.TooManyRequestsException
	if err := invoke(lambda.ErrThrottled); !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded {
		t.Errorf("got %v", err)
	}
	if err := invoke(lambda.ErrReserved); !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("got %v", err)
	}
	var tooLarge *types.RequestTooLargeException
	if err := invoke(lambda.ErrTooLarge); !errors.As(err, &tooLarge) {
		t.Errorf("got %v", err)
	}
	var service *types.ServiceException
	if err := invoke(lambda.ErrClosed); !errors.As(err, &service) {
		t.Errorf("got %v", err)
	}
}

func TestPayloadsThatLambdaRefuses(t *testing.T) {
	t.Parallel()
	c := start(t)
	client := sdk.NewFromConfig(c.config)
	for payload, message := range map[string]string{
		"{":        "Could not parse request body into json: Could not parse payload into json: unexpected end of JSON input",
		"\"\x87\"": "Could not parse request body into json: Could not parse payload into json: Invalid UTF-8",
	} {
		var invalid *types.InvalidRequestContentException
		_, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), Payload: []byte(payload)})
		if !errors.As(err, &invalid) || invalid.ErrorMessage() != message || aws.ToString(invalid.Type) != "User" {
			t.Errorf("%q: got %v", payload, err)
		}
	}
	if got := c.functions.called(); len(got) != 0 {
		t.Errorf("called %v", got)
	}
}

func TestPayloadsOverTheLimitOfTheirInvocationType(t *testing.T) {
	t.Parallel()
	c := start(t)
	r := lambda.NewRegistry(lambda.Options{})
	defer r.Close()
	c.server.functions = r
	client := sdk.NewFromConfig(c.config)
	for kind, limit := range map[types.InvocationType]int{types.InvocationTypeRequestResponse: 6291456, types.InvocationTypeEvent: 1048576} {
		payload := []byte(`"` + strings.Repeat("a", limit-1) + `"`)
		var tooLarge *types.RequestTooLargeException
		_, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), InvocationType: kind, Payload: payload})
		if message := fmt.Sprintf("%d byte payload is too large for the %s invocation type (limit %d bytes)", limit+1, kind, limit); !errors.As(err, &tooLarge) || tooLarge.ErrorMessage() != message {
			t.Errorf("%s: got %v", kind, err)
		}
		var notFound *types.ResourceNotFoundException
		if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), InvocationType: kind, Payload: payload[:limit-1]}); errors.As(err, &tooLarge) || errors.As(err, &notFound) {
			t.Errorf("%s: half a string gives %v", kind, err)
		}
	}
}

func TestWhatTheCallerSaysReachesTheInvocation(t *testing.T) {
	t.Parallel()
	c := start(t)
	var call lambda.Call
	c.functions.answer = func(ctx context.Context, _ string, _ []byte) (lambda.Result, error) {
		call = lambda.CallOf(ctx)
		return lambda.Result{Log: []byte("the end")}, nil
	}
	client := sdk.NewFromConfig(c.config)
	out, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), LogType: types.LogTypeTail, ClientContext: aws.String(base64.StdEncoding.EncodeToString([]byte(`{"custom":{"a":1}}`)))})
	if err != nil {
		t.Fatal(err)
	}
	if id, _ := middleware.GetRequestIDMetadata(out.ResultMetadata); call.RequestID == "" || call.RequestID != id || !call.Tail || call.ClientContext != `{"custom":{"a":1}}` {
		t.Errorf("call is %+v, request id %q", call, id)
	}
	if log, _ := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult)); string(log) != "the end" {
		t.Errorf("log is %q", log)
	}
	if out, err = client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api")}); err != nil || call.Tail || call.ClientContext != "" {
		t.Errorf("without: call %+v, result %+v, %v", call, out, err)
	}
	for _, bad := range []string{"not base64", base64.StdEncoding.EncodeToString([]byte("{"))} {
		var invalid *types.InvalidRequestContentException
		if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), ClientContext: &bad}); !errors.As(err, &invalid) {
			t.Errorf("client context %q: got %v", bad, err)
		}
	}
}

func TestAnUnknownInvocationTypeOrNameIsAValidationError(t *testing.T) {
	t.Parallel()
	c := start(t)
	client := sdk.NewFromConfig(c.config)
	for part, in := range map[string]*sdk.InvokeInput{
		"Value 'Later' at 'invocationType'": {FunctionName: aws.String("api"), InvocationType: "Later"},
		"Value 'a:b:c' at 'functionName'":   {FunctionName: aws.String("a:b:c")},
	} {
		var failed smithy.APIError
		if _, err := client.Invoke(t.Context(), in); !errors.As(err, &failed) || failed.ErrorCode() != "ValidationException" || !strings.HasPrefix(failed.ErrorMessage(), "1 validation error detected: "+part) {
			t.Errorf("%s: got %v", part, err)
		}
	}
}

func TestEventsAreAcceptedOrRefused(t *testing.T) {
	t.Parallel()
	c := start(t)
	client := sdk.NewFromConfig(c.config)
	event := &sdk.InvokeInput{FunctionName: aws.String("api"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`{"a":1}`)}
	out, err := client.Invoke(t.Context(), event)
	if err != nil || out.StatusCode != 202 || len(c.functions.called()) != 0 || !slices.Equal(c.functions.events, []string{`api {"a":1}`}) {
		t.Errorf("got %+v, %v, events %q", out, err, c.functions.events)
	}
	c.functions.refusal = lambda.ErrThrottled
	var throttled *types.TooManyRequestsException
	if _, err := client.Invoke(t.Context(), event); !errors.As(err, &throttled) {
		t.Errorf("got %v", err)
	}
}

func TestDryRunRunsNothing(t *testing.T) {
	t.Parallel()
	c := start(t)
	out, err := sdk.NewFromConfig(c.config).Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != 204 || len(c.functions.called()) != 0 {
		t.Errorf("got %+v, %v", out, err)
	}
	c.functions.refusal = lambda.ErrNotFound
	var notFound *types.ResourceNotFoundException
	_, err = sdk.NewFromConfig(c.config).Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("none"), InvocationType: types.InvocationTypeDryRun})
	if !errors.As(err, &notFound) {
		t.Errorf("a function that is not there: got %v", err)
	}
}

func TestOtherOperationsAreNamedInTheError(t *testing.T) {
	t.Parallel()
	c := start(t)
	if _, err := sdk.NewFromConfig(c.config).GetFunction(t.Context(), &sdk.GetFunctionInput{FunctionName: aws.String("api")}); err == nil || !strings.Contains(err.Error(), "GET /2015-03-31/functions/api is not served locally") {
		t.Errorf("got %v", err)
	}
	for _, path := range []string{"/", "/2015-03-31/functions//invocations", "/2015-03-31/functions/a/b/invocations"} {
		res, err := c.config.HTTPClient.Do(request(t, c.url+path, "", ""))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 404 || !strings.Contains(string(body), "UnknownOperationException") {
			t.Errorf("%s: got %d %s", path, res.StatusCode, body)
		}
	}
}

func request(t *testing.T, url, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	}
	return r
}
