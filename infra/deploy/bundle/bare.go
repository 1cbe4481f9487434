package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Bare makes an assembly, in a folder that it makes anew, that is enough for deleting stacks: it names them with the
// roles of the bootstrap, in the given order, each depending on the one before. What was deployed need not be at hand.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html (the roles of the bootstrap)
func Bare(dir string, stacks []string, region string) (Assembly, error) {
	if err := os.RemoveAll(dir); err != nil {
		return Assembly{}, fmt.Errorf("clear the folder of the assembly: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Assembly{}, fmt.Errorf("make the folder of the assembly: %w", err)
	}
	role := func(name string) string {
		return "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-" + name + "-role-${AWS::AccountId}-" + region
	}
	// Every stack needs a template to be part of an assembly; deleting uses none.
	if err := os.WriteFile(filepath.Join(dir, "template.json"), []byte("{}\n"), 0o644); err != nil {
		return Assembly{}, fmt.Errorf("write the assembly: %w", err)
	}
	m := manifest{Version: "54.0.0", Artifacts: map[string]artifact{}}
	for i, stack := range stacks {
		m.Artifacts[stack] = artifact{
			Type:         stackType,
			Environment:  "aws://unknown-account/" + region,
			Dependencies: stacks[max(0, i-1):i],
			DisplayName:  stack,
			Properties: map[string]any{
				"templateFile":                   "template.json",
				"assumeRoleArn":                  role("deploy"),
				"cloudFormationExecutionRoleArn": role("cfn-exec"),
			},
		}
	}
	b, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o644)
	}
	if err != nil {
		return Assembly{}, fmt.Errorf("write the assembly: %w", err)
	}
	return Open(dir)
}
