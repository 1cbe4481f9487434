package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/lambda"
)

// customState is what is remembered of a custom resource from one deployment to the next.
type customState struct {
	Type       string
	PhysicalID string
	Properties map[string]any
	Data       map[string]any
	Retain     bool
	// Function ran the resource's last request. It also runs its deletion when the template has neither any more.
	Function lambda.Function
}

func (s customState) values() assembly.Values {
	return assembly.Values{Ref: s.PhysicalID, Attributes: s.Data}
}

const resourcesDir = "resources"

// loadCustom is nil for a resource that was never created.
func (c *Cloud) loadCustom(stack, logicalID string) (*customState, error) {
	return readCustom(filepath.Join(c.stateDir(resourcesDir), stack, logicalID+".json"))
}

func readCustom(file string) (*customState, error) {
	b, err := os.ReadFile(file) //nolint:gosec // a file of the state folder
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is known of a custom resource: %w", err)
	}
	var s customState
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); start afresh with RESET=1", file, err)
	}
	return &s, nil
}

// saveCustom replaces the file in one step, so that an interrupted run leaves the old state or the new.
func (c *Cloud) saveCustom(stack, logicalID string, s customState) error {
	dir, err := c.ensureDir(resourcesDir, stack)
	if err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write the state of a custom resource: %w", err)
	}
	fresh := filepath.Join(dir, logicalID+".new")
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return fmt.Errorf("write the state of a custom resource: %w", err)
	}
	if err := os.Rename(fresh, filepath.Join(dir, logicalID+".json")); err != nil {
		return fmt.Errorf("write the state of a custom resource: %w", err)
	}
	return nil
}

func (c *Cloud) removeCustom(stack, logicalID string) error {
	if err := os.Remove(filepath.Join(c.stateDir(resourcesDir), stack, logicalID+".json")); err != nil {
		return fmt.Errorf("forget a custom resource: %w", err)
	}
	return nil
}

// listCustom gives the remembered custom resources of a stack by logical id.
func (c *Cloud) listCustom(stack string) (map[string]customState, error) {
	dir := filepath.Join(c.stateDir(resourcesDir), stack)
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for custom resources: %w", err)
	}
	out := map[string]customState{}
	for _, f := range files {
		id, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok {
			continue
		}
		s, err := readCustom(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		if s != nil {
			out[id] = *s
		}
	}
	return out, nil
}
