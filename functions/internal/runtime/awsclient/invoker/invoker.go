// Package invoker calls another Lambda function.
package invoker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
)

// Invoker calls one function.
type Invoker struct {
	client   *lambda.Client
	function string
}

// New makes a client of Lambda that calls the function, version or alias of this ARN.
func New(c aws.Config, arn string) *Invoker {
	client := lambda.NewFromConfig(c, func(o *lambda.Options) {
		o.EndpointOptions.UseDualStackEndpoint = awsclient.DualStack(c)
	})
	return &Invoker{client: client, function: arn}
}

// Invoke calls the function and waits for its answer. A function that failed by itself is an error too.
func (i *Invoker) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	out, err := i.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(i.function), Payload: payload})
	if err != nil {
		return nil, fmt.Errorf("invoke %s: %w", i.function, err)
	}
	if out.FunctionError != nil {
		return nil, fmt.Errorf("%w: %s: %s: %s", ErrFailed, i.function, *out.FunctionError, message(out.Payload))
	}
	return out.Payload, nil
}

// ErrFailed means that the function ran and answered with an error of its own.
var ErrFailed = errors.New("the function failed")

// longestMessage is how much of a function's error is kept, in bytes.
const longestMessage = 300

// message is what the function said in its error document.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/golang-exceptions.html
func message(payload []byte) string {
	var document struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(payload, &document); err != nil || document.Message == "" {
		return "it gives no reason"
	}
	if len(document.Message) > longestMessage {
		return strings.ToValidUTF8(document.Message[:longestMessage], "") + "…"
	}
	return document.Message
}
