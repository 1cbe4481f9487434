package cloud

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTheDocumentListsEveryTypeThatIsRunOrInert(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/local-cloud.md")
	if err != nil {
		t.Fatal(err)
	}
	ran, rest, found := strings.Cut(string(text), "## What is inert")
	if !found {
		t.Fatal("the document has no part about inert types")
	}
	compareTypes(t, "run", ran, keys(runs))
	compareTypes(t, "inert", rest, keys(inert))
}

func keys[V any](m map[string]V) map[string]bool {
	names := map[string]bool{}
	for name := range m {
		names[name] = true
	}
	return names
}

func compareTypes(t *testing.T, how, text string, want map[string]bool) {
	t.Helper()
	written := map[string]bool{}
	for _, name := range regexp.MustCompile("`((?:AWS|Custom)::[A-Za-z0-9:]+)`").FindAllStringSubmatch(text, -1) {
		written[name[1]] = true
	}
	delete(written, "AWS::CloudFormation::CustomResource")
	for name := range want {
		if !written[name] {
			t.Errorf("%s is %s and not in the document", name, how)
		}
	}
	for name := range written {
		if !want[name] {
			t.Errorf("%s is in the document and not %s", name, how)
		}
	}
}
