package gateway

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Live is the alias that the HTTP API invokes.
const Live = "live"

// version is the number of a published version. Lambda counts from 1, and no alias may be called by a number.
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
var version = regexp.MustCompile(`^[1-9][0-9]*$`)

// Qualifier is the alias or version by which the function was invoked: the last part of
// arn:aws:lambda:<region>:<account>:function:<name>:<qualifier>. It is empty when the caller named none.
func Qualifier(ctx context.Context) string {
	lc, ok := lambdacontext.FromContext(ctx)
	if !ok {
		return ""
	}
	parts := strings.Split(lc.InvokedFunctionArn, ":")
	if len(parts) != 8 {
		return ""
	}
	return parts[7]
}

// ServesHTTP tells whether the door of this name is one for HTTP requests: the alias live, or a version by its number,
// which the pre-traffic hook asks before the alias leads to it.
func ServesHTTP(qualifier string) bool { return qualifier == Live || version.MatchString(qualifier) }
