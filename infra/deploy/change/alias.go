// Package change holds the rules that a deployment must keep towards what is deployed before it.
package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

type template struct {
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
}

// Aliases refuses an update that changes both the code behind an alias and its provisioned concurrency: CodeDeploy
// shifts the traffic to a version for which nothing is provisioned yet.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html
// (ProvisionedConcurrencyConfig), https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
func Aliases(stack string, before, after []byte) error {
	var b, a template
	if err := json.Unmarshal(before, &b); err != nil {
		return fmt.Errorf("read the deployed template of %s: %w", stack, err)
	}
	if err := json.Unmarshal(after, &a); err != nil {
		return fmt.Errorf("read the template of %s: %w", stack, err)
	}
	for _, id := range slices.Sorted(maps.Keys(a.Resources)) {
		now, then := a.Resources[id], b.Resources[id]
		if now.Type != "AWS::Lambda::Alias" || then.Type != now.Type {
			continue
		}
		// The logical id of a version changes with the function's code and configuration.
		code := !reflect.DeepEqual(now.Properties["FunctionVersion"], then.Properties["FunctionVersion"])
		provisioned := !reflect.DeepEqual(now.Properties["ProvisionedConcurrencyConfig"], then.Properties["ProvisionedConcurrencyConfig"])
		if code && provisioned {
			return fmt.Errorf("%s: %s changes its provisioned concurrency and its code at once: deploy the code with the old setting of Functions.ProvisionedConcurrency first, then the setting", stack, id)
		}
	}
	return nil
}
