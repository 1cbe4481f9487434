package cloud

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func (s *stack) invoke(in *lambda.InvokeInput) *lambda.InvokeOutput {
	s.Helper()
	in.FunctionName = aws.String(s.physical("Actor"))
	out, err := lambda.NewFromConfig(s.config()).Invoke(context.Background(), in)
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func acting(act string) string {
	return withActor + "      Environment: {Variables: {ACT: " + act + "}}\n"
}

func TestAFunctionIsItsRealBinary(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, acting("echo"))
	out := s.invoke(&lambda.InvokeInput{Payload: []byte(`{"a":"日本"}`), LogType: lambdatypes.LogTypeTail})
	if out.FunctionError != nil || string(out.Payload) != `{"a":"日本"}` {
		t.Errorf("%s: %s", aws.ToString(out.FunctionError), out.Payload)
	}
	if log, _ := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult)); !strings.Contains(string(log), "acting: echo") {
		t.Errorf("the log is %q", log)
	}
}

func TestAFunctionThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	for act, told := range map[string]string{"throw": "ActorFailed", "crash": "exit status 3"} {
		s := newStack(t)
		s.must(types.StackStatusCreateComplete, acting(act))
		if out := s.invoke(&lambda.InvokeInput{Payload: []byte("{}")}); aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), told) {
			t.Errorf("%s: %s: %s", act, aws.ToString(out.FunctionError), out.Payload)
		}
	}
}

func TestAFunctionThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, strings.Replace(acting("sleep"), "Timeout: 20", "Timeout: 1", 1))
	if out := s.invoke(&lambda.InvokeInput{Payload: []byte("{}")}); !strings.Contains(string(out.Payload), "Task timed out after 1.00 seconds") {
		t.Errorf("%s", out.Payload)
	}
}

func TestAnAsynchronousCallReturnsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, acting("sleep"))
	if out := s.invoke(&lambda.InvokeInput{Payload: []byte("{}"), InvocationType: lambdatypes.InvocationTypeEvent}); out.StatusCode != 202 {
		t.Errorf("status %d", out.StatusCode)
	}
}

func TestAFunctionForAnotherArchitectureRunsThroughQemuOrSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-o", program, "./testdata/exit")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+other)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	code, err := zipped(map[string]string{"bootstrap": string(content)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.put(codeBucket, s.name+".zip", code); err != nil {
		t.Fatal(err)
	}
	s.must(types.StackStatusCreateComplete, strings.Replace(withActor, "actor.zip", s.name+".zip", 1))
	out := s.invoke(&lambda.InvokeInput{Payload: []byte("{}")})
	if !bytes.Contains(out.Payload, []byte("exit status 7")) && !bytes.Contains(out.Payload, []byte("there is no qemu-")) && !bytes.Contains(out.Payload, []byte("is a Linux program")) {
		t.Errorf("%s", out.Payload)
	}
}

func TestLambdaTellsAFunctionAsItWasConfigured(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, withActor+`      Architectures: [arm64]
      MemorySize: 512
      TracingConfig: {Mode: Active}
      LoggingConfig: {LogFormat: JSON, LogGroup: !Ref Logs}
      ReservedConcurrentExecutions: 3
      Tags: [{Key: phase, Value: test}]
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Actor}}
  Alias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Actor, FunctionVersion: !GetAtt Version.Version, Name: live, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}}}
  Async: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Actor, Qualifier: live, MaximumRetryAttempts: 1, DestinationConfig: {OnFailure: {Destination: !GetAtt Queue.Arn}}}, DependsOn: Alias}
  Queue: {Type: AWS::SQS::Queue}
`)
	api, name := lambda.NewFromConfig(s.config()), aws.String(s.physical("Actor"))
	f, err := api.GetFunction(context.Background(), &lambda.GetFunctionInput{FunctionName: name})
	if err != nil {
		t.Fatal(err)
	}
	c := f.Configuration
	if c.Architectures[0] != lambdatypes.ArchitectureArm64 || *c.MemorySize != 512 || c.TracingConfig.Mode != lambdatypes.TracingModeActive ||
		aws.ToString(c.LoggingConfig.LogGroup) != s.physical("Logs") || *f.Concurrency.ReservedConcurrentExecutions != 3 || f.Tags["phase"] != "test" {
		t.Errorf("%+v %+v %+v", c, f.Concurrency, f.Tags)
	}
	p, err := api.GetProvisionedConcurrencyConfig(context.Background(), &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: name, Qualifier: aws.String("live")})
	if err != nil || *p.RequestedProvisionedConcurrentExecutions != 2 {
		t.Errorf("%+v, %v", p, err)
	}
	a, err := api.GetFunctionEventInvokeConfig(context.Background(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: name, Qualifier: aws.String("live")})
	if err != nil || *a.MaximumRetryAttempts != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	if got := s.delete(); got != types.StackStatusDeleteComplete {
		t.Errorf("the stack is %s", got)
	}
}
