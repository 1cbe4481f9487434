package environment

import (
	"encoding/json"
	"fmt"
	"os"
)

// CDKContext is the context of a cdk.json, above all CDK's feature flags.
func CDKContext(file string) (map[string]any, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read context: %w", err)
	}
	var config struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(content, &config); err != nil {
		return nil, fmt.Errorf("read context of %s: %w", file, err)
	}
	if config.Context == nil {
		config.Context = map[string]any{}
	}
	return config.Context, nil
}
