package bill

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// resource is one resource of a template with the questions that the rules ask of it.
type resource struct {
	template policy.Template
	id       string
	settings environment.Settings
}

func (r resource) kind() string { return r.template.Resources[r.id].Type }

// name is the resource in a bill.
func (r resource) name() string { return r.template.Name + "/" + r.id }

// at is another resource of the same template.
func (r resource) at(id string) resource { return resource{r.template, id, r.settings} }

// value is the property at a dotted path; nil where there is none.
func (r resource) value(path string) any {
	var value any = r.template.Resources[r.id].Properties
	for key := range strings.SplitSeq(path, ".") {
		node, _ := value.(map[string]any)
		value = node[key]
	}
	return value
}

// text is a property as text, or the one that AWS takes when it is left out.
func (r resource) text(path, standard string) (string, error) {
	switch value := r.value(path).(type) {
	case nil:
		return standard, nil
	case string:
		return value, nil
	default:
		return "", fmt.Errorf("%s is no plain text, so it cannot be priced", path)
	}
}

// number is a property as a number, or the one that AWS takes when it is left out.
func (r resource) number(path string, standard float64) (float64, error) {
	switch value := r.value(path).(type) {
	case nil:
		return standard, nil
	case float64:
		return value, nil
	case string:
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			return number, nil
		}
	}
	return 0, fmt.Errorf("%s is no plain number, so it cannot be priced", path)
}

// flag is a property that is true; what is left out is false.
func (r resource) flag(path string) (bool, error) {
	switch r.value(path) {
	case nil, false, "false":
		return false, nil
	case true, "true":
		return true, nil
	}
	return false, fmt.Errorf("%s is neither true nor false, so it cannot be priced", path)
}

// list is a property that is a list.
func (r resource) list(path string) []any {
	values, _ := r.value(path).([]any)
	return values
}

// refuse is an error when a property is there that costs something and that the rule does not price.
func (r resource) refuse(paths ...string) error {
	for _, path := range paths {
		switch value := r.value(path); value {
		case nil, false, "false", 0.0, "":
		default:
			return fmt.Errorf("%s is %v: the bill does not price it, extend the rule of %s in infra/policy/bill", path, value, r.kind())
		}
	}
	return nil
}

// target is the logical id that a Ref or Fn::GetAtt points at; empty for anything else.
func target(value any) string {
	call, _ := value.(map[string]any)
	if id, ok := call["Ref"].(string); ok {
		return id
	}
	arguments, _ := call["Fn::GetAtt"].([]any)
	if len(arguments) == 0 {
		return ""
	}
	id, _ := arguments[0].(string)
	return id
}
