// Package account checks what an AWS account needs before the first deployment: credentials, the CDK's bootstrap, the
// account's own stack and Lambda's concurrency. Each finding is one line with the command that helps.
package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/miyabi-society/platform/infra/deploy/cdk"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/stack"
	"github.com/miyabi-society/platform/infra/deploy/target"
)

// leastConcurrency is what the platform's functions may need at once with the usage that the settings assume; a fresh
// account may have as little as 10.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const leastConcurrency = 100

// bootstrapParameter holds the version of the bootstrap stack.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
const bootstrapParameter = "/cdk-bootstrap/hnb659fds/version"

// Bootstrap gives the version of the account's bootstrap stack; 0 when there is none.
func Bootstrap(ctx context.Context, t target.Target) (int, error) {
	out, err := t.SSM().GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(bootstrapParameter)})
	var none *ssmtypes.ParameterNotFound
	if errors.As(err, &none) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", bootstrapParameter, err)
	}
	version, err := strconv.Atoi(aws.ToString(out.Parameter.Value))
	if err != nil {
		return 0, fmt.Errorf("%s is not a number: %w", bootstrapParameter, err)
	}
	return version, nil
}

// Bootstrapped refuses an account whose bootstrap is missing or older than what the assembly needs.
func Bootstrapped(t target.Target, version, least int) error {
	if version >= least && version > 0 {
		return nil
	}
	is := "not bootstrapped for the CDK"
	if version > 0 {
		is = fmt.Sprintf("bootstrapped with version %d, and version %d is needed", version, least)
	}
	return fmt.Errorf("account %s in %s is %s: run `%s bootstrap aws://%s/%s` as a person with admin rights", t.Account, t.Settings.Region, is, cdk.Program, t.Account, t.Settings.Region)
}

// Concurrency is how many functions may run at once in the account and region.
func Concurrency(ctx context.Context, t target.Target) (int, error) {
	out, err := t.Lambda().GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return 0, fmt.Errorf("read Lambda's limits: %w", err)
	}
	return int(out.AccountLimit.ConcurrentExecutions), nil
}

// Enough says in one line when the concurrency is too small, with the request to make; "" when it is enough.
func Enough(t target.Target, concurrency int) string {
	if concurrency >= leastConcurrency {
		return ""
	}
	return fmt.Sprintf("Lambda runs at most %d functions at once in this account: ask for more with `aws service-quotas request-service-quota-increase --region %s --service-code lambda --quota-code L-B99A9384 --desired-value 1000`", concurrency, t.Settings.Region)
}

// HasOwnStack tells whether Miyabi-Account is deployed.
func HasOwnStack(ctx context.Context, t target.Target) (bool, error) {
	s, err := stack.Describe(ctx, t.CloudFormation(), phase.Account.Stacks(t.Settings)[0])
	return s.Deployed(), err
}

// OwnStackAdvice says what the account lacks without Miyabi-Account.
func OwnStackAdvice(t target.Target) string {
	return fmt.Sprintf("account %s has no stack Miyabi-Account in %s, without which GitHub Actions cannot deploy and the WebSocket API cannot write its log (phase 2 fails): run `make deploy ENV=%s PHASE=account` once, as a person with admin rights", t.Account, t.Settings.Region, t.Settings.Name)
}
