package cloud

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/wildcard"
)

// ofCDK begins the logical ids that CDK gives to functions of its own. Their custom resources are carried out without them,
// or inert.
var ofCDK = regexp.MustCompile(`^(CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C|LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a|` +
	`Custom(S3AutoDeleteObjects|VpcRestrictDefaultSG)CustomResourceProviderHandler)`)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
func createFunction(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	name := r.name("FunctionName", 64)
	functionARN := c.arn("lambda", "function:", name)
	values := assembly.Values{Ref: name, Attributes: map[string]any{"Arn": functionARN}}
	if ofCDK.MatchString(r.LogicalID) {
		return values, nil
	}
	if runtime := r.properties.text("Runtime"); !strings.HasPrefix(runtime, "provided.") {
		return values, fmt.Errorf("the local cloud runs functions of runtime provided.al2023, not %q", runtime)
	}
	r.properties.refuse(
		"Layers", "ImageConfig", "FileSystemConfigs", "DeadLetterConfig",
		"DurableConfig", "TenancyConfig", "CapacityProviderConfig", "FunctionScalingConfig",
	)
	f, err := c.functionOf(r.properties)
	if err != nil {
		return values, err
	}
	f.Name, f.ARN = name, functionARN
	return values, c.functions.Add(f)
}

func (c *Cloud) functionOf(p properties) (f lambda.Function, err error) {
	logging := p.object("LoggingConfig")
	f = lambda.Function{
		Handler: p.text("Handler"), MemoryMB: p.within("MemorySize", 0, 128, 10240), Timeout: time.Duration(p.within("Timeout", 0, 1, 900)) * time.Second,
		Environment: p.object("Environment").textMap("Variables"),
		LogGroup:    logging.text("LogGroup"), LogFormat: logging.text("LogFormat"), LogLevel: logging.text("ApplicationLogLevel"),
	}
	if p.has("ReservedConcurrentExecutions") {
		reserved := p.within("ReservedConcurrentExecutions", 0, 0, math.MaxInt32)
		f.Reserved = &reserved
	}
	dir, err := c.codeOf(p.object("Code"))
	if err != nil {
		return f, err
	}
	f.Dir, err = c.keepCode(dir)
	return f, err
}

// codeOf gives the folder or the zip file of the function's asset.
func (c *Cloud) codeOf(code properties) (string, error) {
	if code.text("S3Key") == "" {
		return "", errors.New("the local cloud runs code of assets only: use lambda.Code.fromAsset")
	}
	return c.config.Assembly.Asset(code.text("S3Bucket"), code.text("S3Key"))
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
func createVersion(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	function := c.functionARN(r.properties.text("FunctionName"))
	version, err := c.functions.Publish(function)
	if err != nil {
		return assembly.Values{}, err
	}
	qualified := function + ":" + version
	return assembly.Values{Ref: qualified, Attributes: map[string]any{"Version": version, "FunctionArn": qualified}}, nil
}

// createAlias points the alias at its version at once: shifting traffic is CodeDeploy's work, which nothing does here.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html
func createAlias(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	r.properties.refuse("RoutingConfig")
	function, name := c.functionARN(r.properties.text("FunctionName")), r.properties.text("Name")
	if err := c.functions.SetAlias(function, name, r.properties.text("FunctionVersion")); err != nil {
		return assembly.Values{}, err
	}
	qualified := function + ":" + name
	return assembly.Values{Ref: qualified, Attributes: map[string]any{"AliasArn": qualified}}, nil
}

// createEventInvokeConfig sets how asynchronous invocations are tried again.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html
func createEventInvokeConfig(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := r.properties
	longest := int(lambda.DefaultEventAge.Seconds())
	config := lambda.AsyncConfig{
		Retries:   p.within("MaximumRetryAttempts", lambda.DefaultRetries, 0, lambda.DefaultRetries),
		MaxAge:    time.Duration(p.within("MaximumEventAgeInSeconds", longest, 60, longest)) * time.Second,
		OnSuccess: heard(p, "OnSuccess"), OnFailure: heard(p, "OnFailure"),
	}
	return assembly.Values{Ref: r.name("", 64)}, c.functions.ConfigureAsync(p.text("FunctionName"), p.text("Qualifier"), config)
}

// heard is a destination of events, or nothing for a topic: topics are inert, so that nobody would hear of the event. A
// function that fails is in the log in any case.
func heard(p properties, outcome string) string {
	destination := p.object("DestinationConfig").object(outcome).text("Destination")
	switch {
	case strings.HasPrefix(destination, "arn:aws:sns:"):
		return ""
	case destination != "" && !strings.HasPrefix(destination, "arn:aws:lambda:"):
		p.fail("the local cloud delivers to functions only, not to the destination %s", destination)
	}
	return destination
}

// createPermission notes who may invoke a function: an API without its permission answers 500, here as on AWS. A permission of
// another action, or for a function URL only, permits no invocation.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
func createPermission(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := r.properties
	if wildcard.Match(p.text("Action"), "lambda:InvokeFunction") && !p.boolean("InvokedViaFunctionUrl", false) {
		permitted := permission{c.functionARN(p.text("FunctionName")), p.text("Principal"), p.text("SourceArn")}
		c.draft.permissions = append(c.draft.permissions, permitted)
	}
	id := r.name("", 64)
	return assembly.Values{Ref: id, Attributes: map[string]any{"Id": id}}, nil
}

// permission lets a principal invoke a function, which may be named with a qualifier. The source is a pattern; "" stands for
// every source.
type permission struct{ function, principal, source string }

// permits reports whether a principal may invoke a function for a source; for "" any source of a permission will do.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (SourceArn)
func (c *Cloud) permits(function, principal, source string) bool {
	return slices.ContainsFunc(c.draft.permissions, func(p permission) bool {
		return p.function == function && (p.principal == principal || p.principal == "*") && (p.source == "" || source == "" || wildcard.Match(p.source, source))
	})
}

// functionARN makes an ARN of what a template may name a function by: its name, with or without a qualifier, or its
// ARN.
func (c *Cloud) functionARN(nameOrARN string) string {
	if strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	return c.arn("lambda", "function:", nameOrARN)
}
