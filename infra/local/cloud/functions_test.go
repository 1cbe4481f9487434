package cloud

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// declared is a template with the function F of some more properties, and other resources.
func declared(more string, others ...string) string {
	f := `"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Code": {"S3Bucket": "assets", "S3Key": "code.zip"}` + more + `}}`
	return resources(append([]string{f}, others...)...)
}

func TestFunctionsThatLambdaOrTheLocalCloudRefuses(t *testing.T) {
	t.Parallel()
	for part, more := range map[string]string{
		"Timeout must be 1 to 900, not 901":                `"Timeout": "901"`,
		"MemorySize must be 128 to 10240, not 64":          `"MemorySize": 64`,
		"ReservedConcurrentExecutions must be 0 to":        `"ReservedConcurrentExecutions": -1`,
		"the environment variable AWS_REGION is reserved":  `"Environment": {"Variables": {"AWS_REGION": "eu-west-1"}}`,
		"does not carry out the property DeadLetterConfig": `"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"}`,
		"does not carry out the property Layers":           `"Layers": ["arn"]`,
		"does not carry out the property DurableConfig":    `"DurableConfig": {"ExecutionTimeout": 60}`,
		"does not carry out the property TenancyConfig":    `"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}`,
		"Timeout must be a whole number, not 1.5":          `"Timeout": 1.5`,
	} {
		newMachine(t).refused(part, declared(", "+more))
	}
}

func TestEventInvokeConfigsOutOfRangeAreRefused(t *testing.T) {
	t.Parallel()
	for part, more := range map[string]string{
		"MaximumRetryAttempts must be 0 to 2, not 3":           `"MaximumRetryAttempts": 3`,
		"MaximumEventAgeInSeconds must be 60 to 21600, not 59": `"MaximumEventAgeInSeconds": 59`,
		"not to the destination arn:aws:sqs":                   `"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}}`,
	} {
		newMachine(t).refused(part, declared("", `"E": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": {"FunctionName": {"Ref": "F"}, "Qualifier": "$LATEST", `+more+`}}`))
	}
}

func TestAnAliasOfTwoVersionsIsRefused(t *testing.T) {
	t.Parallel()
	newMachine(t).refused("does not carry out the property RoutingConfig", declared("", `"V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}}`,
		`"A": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "F"}, "Name": "live", "FunctionVersion": {"Fn::GetAtt": ["V", "Version"]},
			"RoutingConfig": {"AdditionalVersionWeights": [{"FunctionVersion": "1", "FunctionWeight": 0.5}]}}}`))
}

func TestAPermissionOfAnotherActionPermitsNoInvocation(t *testing.T) {
	t.Parallel()
	permission := func(id, action string) string {
		return `"` + id + `": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "` + action + `", "FunctionName": "` + id + `", "Principal": "apigateway.amazonaws.com"}}`
	}
	everybody := `"e": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": "everybody", "Principal": "*"}}`
	url := strings.NewReplacer(`"e"`, `"u"`, "everybody", "url", `"Principal"`, `"InvokedViaFunctionUrl": true, "Principal"`).Replace(everybody)
	c := newMachine(t).must(declared("", everybody, url, permission("invoked", "lambda:InvokeFunction"), permission("all", "lambda:*"), permission("read", "lambda:GetFunction")))
	for function, want := range map[string]bool{"everybody": true, "url": false, "invoked": true, "all": true, "read": false} {
		if got := c.permits(c.functionARN(function), "apigateway.amazonaws.com", ""); got != want {
			t.Errorf("%s: %t", function, got)
		}
	}
}

func TestAFunctionIsToldItsLogGroupAndFormat(t *testing.T) {
	t.Parallel()
	c := newMachine(t).must(declared(`, "LoggingConfig": {"LogGroup": {"Ref": "G"}, "LogFormat": "JSON"}`, `"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/own"}}`))
	f, err := c.functions.Config(c.Functions()[0].Name)
	if err != nil || f.LogGroup != "/own" || f.LogFormat != "JSON" {
		t.Errorf("function is %+v, %v", f, err)
	}
	_, err = c.functions.Invoke(context.Background(), "none", nil)
	if err == nil || !strings.HasSuffix(err.Error(), c.arn("lambda", "function:", "none:$LATEST")) {
		t.Errorf("error is %v", err)
	}
}

func TestTheCodeOfAFunctionMayBeAZipFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.code = filepath.Join(t.TempDir(), "code.zip")
	file, err := os.Create(m.code)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	if err := errors.Join(archive.AddFS(os.DirFS(codeDir)), archive.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	c := m.must(declared(""))
	result, err := c.functions.Invoke(context.Background(), c.Functions()[0].Name, []byte("{}"))
	if err != nil || result.FunctionError != "" {
		t.Errorf("answer is %s, %v", result.Payload, err)
	}
}

func TestCDKsOwnFunctionsAreNotNeeded(t *testing.T) {
	t.Parallel()
	provider := func(handler, kind string) string {
		return `"` + handler + `": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x", "Code": {"S3Bucket": "assets", "S3Key": "none.zip"}}},
			"` + strings.TrimPrefix(kind, "Custom::") + `": {"Type": "` + kind + `", "Properties": {"ServiceToken": {"Fn::GetAtt": ["` + handler + `", "Arn"]}, "LogGroupName": "/l"}}`
	}
	c := newMachine(t).must(resources(
		provider("CustomS3AutoDeleteObjectsCustomResourceProviderHandler9D90184F", "Custom::S3AutoDeleteObjects"),
		provider("CustomVpcRestrictDefaultSGCustomResourceProviderHandlerDC833E5E", "Custom::VpcRestrictDefaultSG"),
		provider("LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8aFD4BFC8A", "Custom::LogRetention"),
		`"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Type": "String", "Value": {"Fn::GetAtt": ["LogRetention", "LogGroupName"]}}}`))
	if v, err := c.parameter("/p"); err != nil || v != "/l" {
		t.Errorf("the log group is %q, %v", v, err)
	}
}
