package assembly_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/assembly"
	"github.com/miyabi-society/platform/infra/assembly/fixture"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// root holds the folder of every environment's assembly, of a second one of prod and of prod's variants.
var root string

const again = "prod-again"

// variants are prod with other settings, which bring resources that no environment has.
var variants = map[string][]string{
	"prod-nat-gateway":  {"egress=nat-gateway"},
	"prod-nat-instance": {"egress=nat-instance"},
	"prod-other": {
		"proxy=false", "multiAZ=true", "deployment=AllAtOnce", "region=ap-northeast-1", "domain=dashboard.example.com",
		"certificate=arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
	},
}

// warnings holds what CDK warned of.
var warnings []string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if root, err = os.MkdirTemp("", "assemblies"); err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(root) }()
		defer jsii.Close()
		if err := synthesizeAll(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func synthesizeAll() error {
	folders, err := fixture.Folders(filepath.Join(root, "built"))
	if err != nil {
		return err
	}
	context, err := fixture.Context(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		return err
	}
	for _, name := range synthesized() {
		settings, err := loadSettings(name)
		if err != nil {
			return err
		}
		options := assembly.Options{Settings: settings, Folders: folders, Output: filepath.Join(root, name), Context: context}
		options.Warn = func(line string) { warnings = append(warnings, name+": "+line) }
		if err := assembly.Synthesize(options); err != nil {
			return fmt.Errorf("synthesize %s: %w", name, err)
		}
	}
	return nil
}

// synthesized lists the names of the assemblies.
func synthesized() []string {
	return slices.Concat(environment.Names(), []string{again}, slices.Sorted(maps.Keys(variants)))
}

// loadSettings are the settings of an assembly.
func loadSettings(name string) (environment.Settings, error) {
	assignments, isVariant := variants[name]
	if isVariant || name == again {
		name = environment.Prod
	}
	settings, err := environment.Load(name, fixture.Host)
	if err != nil {
		return environment.Settings{}, err
	}
	return settings.With(assignments...)
}

func TestTheSameSourcesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	first, second := filepath.Join(root, environment.Prod), filepath.Join(root, again)
	files := 0
	err := filepath.WalkDir(first, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		relative, err := filepath.Rel(first, path)
		if err != nil {
			return err
		}
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(second, relative))
		if err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs between two syntheses", relative)
		}
		return nil
	})
	if err != nil || files < 20 {
		t.Errorf("compared %d files: %v", files, err)
	}
}

func TestCDKHasNothingToWarnOf(t *testing.T) {
	t.Parallel()
	for _, warning := range warnings {
		t.Error(warning)
	}
}

// CDK's runtime serves one caller at a time, so a test that uses it does not run beside others.
func TestATemplateThatAWSWouldRefuseFailsInOneLine(t *testing.T) {
	folders, err := fixture.Folders(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	settings, err := environment.Load(environment.Dev, fixture.Host)
	if err != nil {
		t.Fatal(err)
	}
	settings.Database.InstanceClass = "t9z.small"
	context, err := fixture.Context(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	err = assembly.Synthesize(assembly.Options{Settings: settings, Folders: folders, Output: t.TempDir(), Context: context})
	if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
		t.Fatalf("Synthesize = %v", err)
	}
	for _, part := range []string{"Miyabi-dev-Database/Database/Instance", "db.t9z.small"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("Synthesize = %v, want %q in it", err, part)
		}
	}
}

// CDK's runtime serves one caller at a time, so a test that uses it does not run beside others.
func TestStacksThatBreakARuleFailWithALineForEachPlace(t *testing.T) {
	folders, err := fixture.Folders(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	context, err := fixture.Context(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	settings, err := environment.Load(environment.Prod, fixture.Host)
	if err != nil {
		t.Fatal(err)
	}
	settings.KeepData, settings.Database.DeletionProtection = false, false
	err = assembly.Synthesize(assembly.Options{Settings: settings, Folders: folders, Output: t.TempDir(), Context: context})
	if err == nil {
		t.Fatal("prod without protection is accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		"AwsSolutions-RDS10: Miyabi-prod-Database/Database/Instance/Resource does not pass cdk-nag: ",
		"kept-data: Miyabi-prod-Database/Database/Instance/Resource has DeletionProtection ",
		"kept-data: Miyabi-prod-Dashboard/Site/Bucket/Resource has the deletion policy ",
		"the stacks break a rule: mend them, ",
	} {
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("no line starts with %q:\n%v", want, err)
		}
	}
}

func TestEveryTemplateLiesInTheAssemblyItself(t *testing.T) {
	t.Parallel()
	for _, name := range environment.Names() {
		want := []string{"Miyabi-Account"}
		for _, stack := range []string{"Api", "Dashboard", "Database", "Foundation", "Operations", "Schema"} {
			want = append(want, "Miyabi-"+name+"-"+stack)
		}
		var got []string
		for _, template := range templates(t, name) {
			got = append(got, template.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the stacks %v, want %v", name, got, want)
		}
	}
}

func TestSynthesisAsksAWSForNothing(t *testing.T) {
	t.Parallel()
	for _, name := range environment.Names() {
		if missing := manifest(t, name)["missing"]; missing != nil {
			t.Errorf("the manifest of %s asks for %v", name, missing)
		}
	}
}

func TestPhasesAreDeployedInOrder(t *testing.T) {
	t.Parallel()
	artifacts := manifest(t, environment.Dev)["artifacts"].(map[string]any)
	order := []string{"Foundation", "Database", "Schema", "Api", "Dashboard", "Operations"}
	for i, stack := range order[1:] {
		artifact := artifacts["Miyabi-dev-"+stack].(map[string]any)
		dependencies := artifact["dependencies"].([]any)
		if want := "Miyabi-dev-" + order[i]; !slices.Contains(dependencies, any(want)) {
			t.Errorf("%s depends on %v, want %s", stack, dependencies, want)
		}
	}
}

func TestStacksFitIntoAnyAccount(t *testing.T) {
	t.Parallel()
	for id, value := range manifest(t, environment.Prod)["artifacts"].(map[string]any) {
		artifact := value.(map[string]any)
		if artifact["type"] == "aws:cloudformation:stack" && artifact["environment"] != "aws://unknown-account/us-east-1" {
			t.Errorf("%s goes to %v", id, artifact["environment"])
		}
	}
}

// CloudFormation gives a stack's tags to what it makes by itself, and the console finds stacks by them.
func TestEachStackCarriesTheTagsOfItsResources(t *testing.T) {
	t.Parallel()
	artifacts := manifest(t, environment.Prod)["artifacts"].(map[string]any)
	for stack, want := range map[string]map[string]any{
		"Miyabi-prod-Api": {"project": "miyabi", "env": "prod", "phase": "api", "owner": "platform", "cost-center": "miyabi-prod"},
		"Miyabi-Account":  {"project": "miyabi", "env": "shared", "phase": "account", "owner": "platform", "cost-center": "miyabi-shared"},
	} {
		got := artifacts[stack].(map[string]any)["properties"].(map[string]any)["tags"]
		if !reflect.DeepEqual(got, any(want)) {
			t.Errorf("%s has the tags %v, want %v", stack, got, want)
		}
	}
}

func TestStacksOfProdAreProtectedFromDeletion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]any{environment.Prod: true, environment.Dev: nil} {
		artifact := manifest(t, name)["artifacts"].(map[string]any)["Miyabi-"+name+"-Database"].(map[string]any)
		got := artifact["properties"].(map[string]any)["terminationProtection"]
		if got != want && (want != nil || got != false) {
			t.Errorf("termination protection of %s is %v", name, got)
		}
	}
}

func TestTheAccountStackIsTheSameForEveryEnvironment(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(root, name, "Miyabi-Account.template.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	for _, name := range environment.Names() {
		if read(name) != read(environment.Prod) {
			t.Errorf("the account's stack of %s differs from prod's", name)
		}
	}
}

func TestSynthesizeRefusesBadSettingsAndMissingFoldersBeforeCDKStarts(t *testing.T) {
	t.Parallel()
	settings, err := environment.Load(environment.Dev, fixture.Host)
	if err != nil {
		t.Fatal(err)
	}
	broken := settings
	broken.Database.StorageGiB = 1
	for name, options := range map[string]assembly.Options{
		"Database.StorageGiB is 1": {Settings: broken},
		"bootstrap is missing":     {Settings: settings, Folders: environment.Folders{Functions: t.TempDir()}},
	} {
		if err := assembly.Synthesize(options); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Synthesize = %v, want %q in it", err, name)
		}
	}
}

func TestSynthesizeRefusesAnOutputThatCannotBeAFolder(t *testing.T) {
	t.Parallel()
	folders, err := fixture.Folders(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	settings, err := environment.Load(environment.Dev, fixture.Host)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	err = assembly.Synthesize(assembly.Options{Settings: settings, Folders: folders, Output: filepath.Join(file, "out")})
	if err == nil || !strings.Contains(err.Error(), "make output folder") {
		t.Errorf("Synthesize = %v", err)
	}
}

func templates(t *testing.T, name string) []policy.Template {
	t.Helper()
	templates, err := policy.ReadTemplates(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func manifest(t *testing.T, name string) map[string]any {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	return document
}
