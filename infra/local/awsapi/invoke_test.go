package awsapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

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
	if err := invoke(lambda.ErrNotFound); !errors.As(err, &notFound) || notFound.ErrorMessage() != "Function not found: gone" || aws.ToString(notFound.Type) != "User" {
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
	var invalid *types.InvalidRequestContentException
	if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), Payload: []byte("{")}); !errors.As(err, &invalid) {
		t.Errorf("no JSON: got %v", err)
	}
	var tooLarge *types.RequestTooLargeException
	for kind, size := range map[types.InvocationType]int{types.InvocationTypeRequestResponse: lambda.MaxPayload, types.InvocationTypeEvent: lambda.MaxAsyncPayload} {
		payload := []byte(`"` + strings.Repeat("a", size) + `"`)
		if _, err := client.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("api"), InvocationType: kind, Payload: payload}); !errors.As(err, &tooLarge) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
	if got := c.functions.called(); len(got) != 0 {
		t.Errorf("called %v", got)
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
