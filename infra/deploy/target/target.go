// Package target is where an environment is deployed: an AWS account, or for the environment local the emulated account
// of this machine. It makes the clients and the process environment that lead there and nowhere else.
package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"github.com/miyabi-society/platform/infra/environment"
)

// EmulatedAccount is the account id of the environment local.
const EmulatedAccount = "123456789012"

// emulatedKey is both halves of the credentials of the emulated account, which checks none.
const emulatedKey = "test"

// Target is a place to deploy an environment to.
type Target struct {
	Settings environment.Settings
	// Account is the id of the AWS account; "" before Identify on AWS.
	Account string
	// Endpoint is the address of the emulated account as the CDK CLI needs it, "" on AWS.
	Endpoint string
	home     string
	config   aws.Config
}

// AWS is the account that the process's credentials lead to, in the region of the settings. It refuses a process that
// is configured for another region, where other tools would look for what is deployed.
func AWS(ctx context.Context, s environment.Settings) (Target, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return Target{}, fmt.Errorf("read the AWS configuration: %w; `aws configure` or `aws sso login` writes a good one", err)
	}
	if c.Region != "" && c.Region != s.Region {
		return Target{}, fmt.Errorf("the AWS configuration names the region %s, but %s lives in %s: run `export AWS_REGION=%s`", c.Region, s.Name, s.Region, s.Region)
	}
	c.Region = s.Region
	return Target{Settings: s, config: c}, nil
}

// Emulated is the emulated account that answers at http://localhost:PORT. The CDK CLI's cache goes to home, one for
// each emulated account.
func Emulated(s environment.Settings, endpoint, home string) Target {
	return Target{
		Settings: s, Account: EmulatedAccount, Endpoint: endpoint, home: home,
		config: aws.Config{
			Region:      s.Region,
			Credentials: credentials.NewStaticCredentialsProvider(emulatedKey, emulatedKey, ""),
			// By address, S3's client names buckets in the path: there is no host name for each bucket here.
			BaseEndpoint: aws.String(byAddress(endpoint)),
		},
	}
}

func byAddress(endpoint string) string {
	return strings.Replace(endpoint, "//localhost:", "//127.0.0.1:", 1)
}

// IsLocal tells whether this is the emulated account.
func (t Target) IsLocal() bool { return t.Endpoint != "" }

// Identify asks whose credentials these are and completes the target with the account. who is the caller's ARN.
func (t Target) Identify(ctx context.Context) (identified Target, who string, err error) {
	out, err := sts.NewFromConfig(t.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return t, "", whyUnknown(err)
	}
	t.Account = aws.ToString(out.Account)
	return t, aws.ToString(out.Arn), nil
}

// whyUnknown says in a line why AWS does not tell whose the credentials are, and what to do.
func whyUnknown(err error) error {
	const signIn = "sign in with `aws sso login` (or `aws configure`), and set AWS_PROFILE if you have several accounts"
	var refused smithy.APIError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("AWS refuses these credentials (%s): %s", refused.ErrorCode(), signIn)
	case strings.Contains(err.Error(), "get identity: ") || strings.Contains(err.Error(), "get credentials: "): // what the SDK's signing step says
		return errors.New("no AWS credentials are found: " + signIn)
	}
	return fmt.Errorf("AWS cannot be reached from this machine: %w", err)
}

// Bucket is the bucket that `cdk bootstrap` makes for assets.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
func (t Target) Bucket() string {
	return "cdk-hnb659fds-assets-" + t.Account + "-" + t.Settings.Region
}

// CloudFormation is a client of the service.
func (t Target) CloudFormation() *cloudformation.Client {
	return cloudformation.NewFromConfig(t.config)
}

// S3 is a client of the service.
func (t Target) S3() *s3.Client {
	return s3.NewFromConfig(t.config, func(o *s3.Options) { o.UsePathStyle = t.IsLocal() })
}

// SSM is a client of the service.
func (t Target) SSM() *ssm.Client { return ssm.NewFromConfig(t.config) }

// Lambda is a client of the service.
func (t Target) Lambda() *lambda.Client { return lambda.NewFromConfig(t.config) }

// ForCDK is the process environment of the CDK CLI. For the emulated account everything that could lead to a real one
// is left out.
func (t Target) ForCDK() []string {
	common := []string{"CDK_DISABLE_CLI_TELEMETRY=1", "NODE_NO_WARNINGS=1", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20"}
	if !t.IsLocal() {
		return append(os.Environ(), append(common, "AWS_REGION="+t.Settings.Region, "AWS_DEFAULT_REGION="+t.Settings.Region)...)
	}
	return append(t.emulated(t.Endpoint), append(common, "CDK_HOME="+filepath.Join(t.home, "cdk"))...)
}

// ForTests is the process environment of the tests of a deployment.
func (t Target) ForTests() []string {
	if !t.IsLocal() {
		return append(os.Environ(), "TARGET=aws", "MIYABI_ENV="+t.Settings.Name, "AWS_REGION="+t.Settings.Region)
	}
	return append(t.emulated(byAddress(t.Endpoint)), "TARGET=local", "MIYABI_ENV="+t.Settings.Name)
}

func (t Target) emulated(endpoint string) []string {
	return append(withoutAWS(os.Environ()),
		"AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID="+emulatedKey, "AWS_SECRET_ACCESS_KEY="+emulatedKey,
		"AWS_REGION="+t.Settings.Region, "AWS_DEFAULT_REGION="+t.Settings.Region, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		// Calls to the emulated account stay on this machine.
		"NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1")
}

// withoutAWS leaves out all that configures AWS clients.
func withoutAWS(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		return strings.HasPrefix(v, "AWS_") || strings.HasPrefix(strings.ToUpper(v), "NO_PROXY=") || strings.HasPrefix(v, "CDK_DEFAULT_")
	})
}
