package assembly

import (
	"encoding/json"
	"strconv"

	"github.com/google/uuid"
)

// noValue is what AWS::NoValue evaluates to: whatever holds it leaves it out.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
type noValue struct{}

// Each gives a list or an object with f's result for each of its values, without those that f makes AWS::NoValue of.
// Anything else is given back as it is.
func Each(v any, f func(any) any) any {
	switch x := v.(type) {
	case []any:
		out := make([]any, 0, len(x))
		for _, e := range x {
			if y := f(e); y != (noValue{}) {
				out = append(out, y)
			}
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			if y := f(e); y != (noValue{}) {
				out[k] = y
			}
		}
		return out
	}
	return v
}

// single takes apart a map of one entry, the form of every intrinsic function.
func single(v any) (name string, argument any) {
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		for name, argument = range m {
			return name, argument
		}
	}
	return "", nil
}

// Text writes a value as CloudFormation does where it needs a string: numbers of a template as they are there, others
// without an exponent, booleans as true and false.
func Text(v any) string {
	switch x := v.(type) {
	case nil, noValue:
		return ""
	case string:
		return x
	case json.Number:
		return x.String()
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	b, _ := json.Marshal(v) // values of a template came from JSON
	return string(b)
}

// stringified makes a string of every scalar, as CloudFormation does before it calls a custom resource.
func stringified(v any) any {
	switch v.(type) {
	case []any, map[string]any:
		return Each(v, stringified)
	}
	return Text(v)
}

// UUID makes the same UUID of the same text.
func UUID(text string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(text)).String() }
