package phases

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
)

// versions are where the aliases of the API's functions lead.
func (d *deployment) versions(t *testing.T) [3]string {
	t.Helper()
	return [3]string{d.alias(t, "api", "live"), d.alias(t, "api", "session"), d.alias(t, "auth", "live")}
}

// The runbook of this drill is docs/runbooks/a-version-fails-its-checks.md.
func drillFailedHook(t *testing.T, d *deployment) {
	versions, code := d.versions(t), d.code(t, "api")

	// The second attempt must come as far as the first.
	for range 2 {
		d.requireFailure(t, 2, "Api", d.badAssembly(t), "(AWS::Lambda::Alias)", "hook")
	}

	require.Equal(t, versions, d.versions(t))
	require.Equal(t, code, d.code(t, "api"))
}

// The runbook of this drill is docs/runbooks/an-update-fails.md.
func drillLastResourceFails(t *testing.T, d *deployment) {
	assembly := filepath.Join(d.folder, "last")
	require.NoError(t, os.CopyFS(assembly, os.DirFS(d.nextAssembly(t))))
	addLastResource(t, assembly, d.stack("Api"), map[string]any{
		"Type":       "AWS::SSM::Parameter",
		"Properties": map[string]any{"Type": "String", "Name": "/miyabi/" + d.environment + "/foundation/vpc-id", "Value": "another phase has it"},
	})
	versions := d.versions(t)

	d.requireFailure(t, 2, "Api", assembly, "Last (AWS::SSM::Parameter)", "exists")

	require.Equal(t, versions, d.versions(t))
	d.validate(t, 2)
}

// addLastResource adds a resource to a template that is made when all others are.
func addLastResource(t *testing.T, assembly, stack string, resource map[string]any) {
	t.Helper()
	file := filepath.Join(assembly, stack+".template.json")
	var template map[string]any
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &template))
	resources := template["Resources"].(map[string]any)
	resource["DependsOn"] = slices.Sorted(maps.Keys(resources))
	resources["Last"] = resource
	changed, err := json.Marshal(template)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, changed, 0o600))
	renameTemplate(t, assembly, stack)
}

// renameTemplate gives the template another name in the bootstrap bucket, which CDK makes of its content: what is there
// under a name is not uploaded again.
func renameTemplate(t *testing.T, assembly, stack string) {
	t.Helper()
	assets := filepath.Join(assembly, stack+".assets.json")
	text, err := os.ReadFile(assets)
	require.NoError(t, err)
	var manifest struct {
		Files map[string]struct{ Source struct{ Path string } }
	}
	require.NoError(t, json.Unmarshal(text, &manifest))
	for hash, file := range manifest.Files {
		if file.Source.Path != stack+".template.json" {
			continue
		}
		for _, name := range []string{assets, filepath.Join(assembly, "manifest.json")} {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(name, []byte(strings.ReplaceAll(string(text), hash, strings.Repeat("d", len(hash)))), 0o600))
		}
		return
	}
	t.Fatalf("%s names no template", assets)
}

// The runbook of this drill is docs/runbooks/a-bad-release-is-out.md.
func drillAPIRollback(t *testing.T, d *deployment) {
	before, code := d.release(t, 2), d.code(t, "api")
	_, err := d.deploy(t, 2, d.nextAssembly(t))
	require.NoError(t, err)
	require.Equal(t, int32(512), aws.ToInt32(d.configuration(t, "api").MemorySize))
	require.NotEqual(t, before, d.release(t, 2))

	_, err = d.make(t, "rollback", "PHASE=2")
	require.NoError(t, err)

	require.Equal(t, before, d.release(t, 2))
	require.Equal(t, code, d.code(t, "api"))
	d.validate(t, 2)

	out, err := d.make(t, "rollback", "PHASE=2")
	require.Error(t, err, "there is no release before the first one")
	require.Contains(t, out, "is the first that stands")
}
