package httpapi

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/go-faster/yaml"
)

const source = "../../../docs/api/openapi.yaml"

// enforced are the keywords of JSON Schema that ogen turns into checks, and the ones that only describe.
var enforced = []string{
	"type", "format", "enum", "properties", "required", "additionalProperties", "items", "minLength", "maxLength", "pattern",
	"minimum", "maximum", "minItems", "maxItems", "$ref", "default", "title", "description", "example", "x-ogen-time-format",
}

func sourceTree(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTheServedDocumentIsTheSource(t *testing.T) {
	t.Parallel()
	want, err := json.Marshal(sourceTree(t))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(document, &b) != nil || !reflect.DeepEqual(a, b) {
		t.Error("document.json is out of date: go generate ./functions/internal/httpapi")
	}
}

func TestTheDocumentAsksOnlyForWhatIsChecked(t *testing.T) {
	t.Parallel()
	var schemas int
	walk(sourceTree(t), "", func(path string, schema map[string]any) {
		schemas++
		for keyword, value := range schema {
			if !slices.Contains(enforced, keyword) {
				t.Errorf("%s uses %s, which the generated server does not check", path, keyword)
			}
			if keyword == "additionalProperties" && value != false {
				t.Errorf("%s: additionalProperties can only be false", path)
			}
		}
	})
	if schemas < 20 {
		t.Errorf("found only %d schemas", schemas)
	}
}

func TestRequestBodiesRefuseUnknownFields(t *testing.T) {
	t.Parallel()
	schemas := sourceTree(t)["components"].(map[string]any)["schemas"].(map[string]any)
	for _, name := range []string{"NewOrganization", "NewTask"} {
		if schemas[name].(map[string]any)["additionalProperties"] != false {
			t.Errorf("%s takes unknown fields", name)
		}
	}
}

// walk visits every schema: what stands under schema, items and in maps named schemas and properties.
func walk(node any, path string, visit func(path string, schema map[string]any)) {
	switch n := node.(type) {
	case map[string]any:
		for key, child := range n {
			where := path + "/" + key
			schema, ok := child.(map[string]any)
			switch {
			case ok && (key == "schema" || key == "items"):
				visit(where, schema)
			case ok && (key == "schemas" || key == "properties"):
				for name, one := range schema {
					visit(where+"/"+name, one.(map[string]any))
				}
			}
			walk(child, where, visit)
		}
	case []any:
		for _, child := range n {
			walk(child, path+"/[]", visit)
		}
	}
}
