package cloud

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
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

// customOf are the remembered custom resources of a stack by logical id.
func (c *Cloud) customOf(stack string) (map[string]customState, error) {
	known := map[string]customState{}
	err := jsonfile.Read(c.customFile(stack), &known)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return known, err
}

// remember changes what is remembered of a stack's custom resources.
func (c *Cloud) remember(stack string, change func(known map[string]customState)) error {
	known, err := c.customOf(stack)
	if err != nil {
		return err
	}
	change(known)
	return jsonfile.Write(c.customFile(stack), known)
}

func (c *Cloud) customFile(stack string) string {
	return filepath.Join(c.stateDir("resources"), stack+".json")
}
