package bill

import (
	"fmt"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

// bucketDeployment starts the logical id of CDK's own function, which has no name of ours.
const bucketDeployment = "CustomCDKBucketDeployment"

// function prices the requests and the duration of a function. A function on whose alias provisioned concurrency waits
// gets nothing free: https://aws.amazon.com/lambda/pricing/, "Provisioned Concurrency Pricing".
func function(used *account, r resource) error {
	if storage, err := r.number("EphemeralStorage.Size", 512); err != nil {
		return err
	} else if storage > 512 {
		return fmt.Errorf("EphemeralStorage.Size is %g: the bill prices 512 MB only, extend the rule in infra/policy/bill", storage)
	}
	run, err := r.functionUsage()
	if err != nil {
		return err
	}
	gb, architecture, err := r.functionSize()
	if err != nil {
		return err
	}
	requests, duration := "lambda-requests", "lambda-duration/"+architecture
	if r.isProvisioned() {
		requests, duration = "lambda-provisioned-requests", "lambda-provisioned-duration/"+architecture
	}
	used.charge(requests, float64(run.Invocations), r.name())
	used.charge(duration, gb*float64(run.Invocations)*float64(run.Milliseconds)/1000, r.name())
	// The metrics that functions write are counted for all functions together; those of filters come on top.
	used.once("metric", float64(r.settings.Usage.CustomMetrics), r.name())
	if mode, err := r.text("TracingConfig.Mode", "PassThrough"); err != nil {
		return err
	} else if mode == "Active" {
		used.once("traces", float64(r.settings.Usage.Traces), r.name())
	}
	return nil
}

// functionUsage is how much the settings assume that the function runs.
func (r resource) functionUsage() (environment.FunctionUsage, error) {
	name, err := r.functionName()
	if err != nil {
		return environment.FunctionUsage{}, err
	}
	run, known := r.settings.Usage.Function(name)
	if !known {
		return run, fmt.Errorf("how often the function %s runs is unknown: add it to infra/environment/usage.go", name)
	}
	return run, nil
}

// functionName is the function's name without the environment.
func (r resource) functionName() (string, error) {
	if strings.HasPrefix(r.id, bucketDeployment) {
		return environment.BucketDeployment, nil
	}
	name, err := r.text("FunctionName", "")
	return strings.TrimPrefix(name, "Miyabi-"+r.settings.Name+"-"), err
}

// functionSize is the function's memory in GB and its processor architecture. The architecture of the local environment is
// this machine's; its functions are priced as they would run on AWS.
func (r resource) functionSize() (gb float64, architecture string, err error) {
	memory, err := r.number("MemorySize", 128)
	if err != nil {
		return 0, "", err
	}
	architecture = "x86_64"
	if architectures := r.list("Architectures"); len(architectures) == 1 {
		architecture, _ = architectures[0].(string)
		if r.settings.IsLocal() {
			architecture = "arm64"
		}
	}
	return memory / 1024, architecture, nil
}

// isProvisioned tells whether an alias keeps processes of the function waiting.
func (r resource) isProvisioned() bool {
	for _, id := range r.template.IDs("AWS::Lambda::Alias") {
		if alias := r.at(id); target(alias.value("FunctionName")) == r.id && alias.value(provisionedPath) != nil {
			return true
		}
	}
	return false
}

const provisionedPath = "ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions"

// alias prices the processes that wait for requests; an alias without is free.
func alias(used *account, r resource) error {
	waiting, err := r.number(provisionedPath, 0)
	if err != nil || waiting == 0 {
		return err
	}
	of := r.at(target(r.value("FunctionName")))
	if of.kind() != "AWS::Lambda::Function" {
		return fmt.Errorf("the alias's function is not in its template, so its provisioned concurrency cannot be priced")
	}
	gb, architecture, err := of.functionSize()
	if err != nil {
		return err
	}
	used.charge("lambda-provisioned/"+architecture, waiting*gb*hours*3600, r.name())
	return nil
}

func queue(used *account, r resource) error {
	used.once("sqs-requests", float64(r.settings.Usage.QueueRequests), r.name())
	return r.refuse("FifoQueue", "KmsMasterKeyId")
}
