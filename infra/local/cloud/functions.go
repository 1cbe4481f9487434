package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// bucketDeployment is the logical id that CDK gives to its own function of BucketDeployment, before a suffix for its
// size. Custom::CDKBucketDeployment is carried out without it.
const bucketDeployment = "CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C"

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
func createFunction(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	name := r.name("FunctionName", 64)
	functionARN := arn("lambda", "function:", name)
	values := assembly.Values{Ref: name, Attributes: map[string]any{"Arn": functionARN}}
	if strings.HasPrefix(r.LogicalID, bucketDeployment) {
		return values, nil
	}
	if runtime := r.properties.text("Runtime"); !strings.HasPrefix(runtime, "provided.") {
		return values, fmt.Errorf("the local cloud runs functions of runtime provided.al2023, not %q", runtime)
	}
	if err := r.properties.refuse("Layers", "ImageConfig", "FileSystemConfigs", "DeadLetterConfig"); err != nil {
		return values, err
	}
	f, err := c.functionOf(r.properties, name, functionARN)
	if err != nil {
		return values, err
	}
	return values, c.functions.Add(f)
}

func (c *Cloud) functionOf(p properties, name, functionARN string) (lambda.Function, error) {
	timeout, err := p.integer("Timeout")
	if err != nil {
		return lambda.Function{}, err
	}
	memory, err := p.integer("MemorySize")
	if err != nil {
		return lambda.Function{}, err
	}
	dir, err := c.codeOf(p.object("Code"))
	if err != nil {
		return lambda.Function{}, err
	}
	if dir, err = c.keepCode(dir); err != nil {
		return lambda.Function{}, err
	}
	f := lambda.Function{
		Name: name, ARN: functionARN, Dir: dir, Handler: p.text("Handler"), MemoryMB: memory,
		Environment: p.object("Environment").textMap("Variables"), Timeout: time.Duration(timeout) * time.Second,
	}
	if p["ReservedConcurrentExecutions"] != nil {
		reserved, err := p.integer("ReservedConcurrentExecutions")
		if err != nil {
			return lambda.Function{}, err
		}
		f.Reserved = &reserved
	}
	return f, nil
}

// codeOf gives the folder of the function's asset.
func (c *Cloud) codeOf(code properties) (string, error) {
	if code.text("S3Key") == "" {
		return "", errors.New("the local cloud runs code of assets only: use lambda.Code.fromAsset with a folder")
	}
	asset, err := c.config.Assembly.Asset(here, code.text("S3Bucket"), code.text("S3Key"))
	if err != nil {
		return "", err
	}
	if !asset.Zip {
		return "", fmt.Errorf("the code %s is a file: give CDK the folder that holds bootstrap", asset.Path)
	}
	return asset.Path, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
func createVersion(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	function := functionARN(r.properties.text("FunctionName"))
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
	function, name := functionARN(r.properties.text("FunctionName")), r.properties.text("Name")
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
	destinations := p.object("DestinationConfig")
	config := lambda.AsyncConfig{
		Retries: lambda.DefaultRetries, MaxAge: lambda.DefaultEventAge,
		OnSuccess: heard(destinations.object("OnSuccess").text("Destination")), OnFailure: heard(destinations.object("OnFailure").text("Destination")),
	}
	if p["MaximumRetryAttempts"] != nil {
		retries, err := p.integer("MaximumRetryAttempts")
		if err != nil {
			return assembly.Values{}, err
		}
		config.Retries = retries
	}
	if p["MaximumEventAgeInSeconds"] != nil {
		age, err := p.integer("MaximumEventAgeInSeconds")
		if err != nil {
			return assembly.Values{}, err
		}
		config.MaxAge = time.Duration(age) * time.Second
	}
	return assembly.Values{Ref: r.name("", 64)}, c.functions.ConfigureAsync(p.text("FunctionName"), p.text("Qualifier"), config)
}

// heard is a destination of events, or nothing for a topic: topics are inert, so that nobody would hear of the event. A
// function that fails is in the log in any case.
func heard(destination string) string {
	if strings.HasPrefix(destination, "arn:aws:sns:") {
		return ""
	}
	return destination
}

// createPermission notes who may invoke a function: an API without its permission answers 500, here as on AWS.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
func createPermission(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	function, principal := functionARN(r.properties.text("FunctionName")), r.properties.text("Principal")
	c.draft.permissions[permission{function, principal}] = true
	return assembly.Values{Ref: r.name("Id", 64), Attributes: map[string]any{"Id": r.name("Id", 64)}}, nil
}

// permission lets a principal invoke a function, which may be named with a qualifier.
type permission struct{ function, principal string }

// functionARN makes an ARN of what a template may name a function by: its name, with or without a qualifier, or its
// ARN.
func functionARN(nameOrARN string) string {
	if strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	return arn("lambda", "function:", nameOrARN)
}
