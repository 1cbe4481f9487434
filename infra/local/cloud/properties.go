package cloud

import (
	"fmt"
	"strconv"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// properties are the evaluated properties of a resource. CloudFormation takes a string where a number or a boolean is
// meant, and so do these.
type properties map[string]any

// text is "" for an absent property.
func (p properties) text(key string) string { return assembly.Text(p[key]) }

func (p properties) object(key string) properties {
	m, _ := p[key].(map[string]any)
	return m
}

func (p properties) objects(key string) []properties {
	list, _ := p[key].([]any)
	var out []properties
	for _, v := range list {
		o, _ := v.(map[string]any)
		out = append(out, o)
	}
	return out
}

func (p properties) texts(key string) []string {
	list, _ := p[key].([]any)
	var out []string
	for _, v := range list {
		out = append(out, assembly.Text(v))
	}
	return out
}

func (p properties) textMap(key string) map[string]string {
	out := map[string]string{}
	for k, v := range p.object(key) {
		out[k] = assembly.Text(v)
	}
	return out
}

// integer is 0 for an absent property.
func (p properties) integer(key string) (int, error) {
	n, err := p.number(key)
	if err == nil && n != float64(int(n)) {
		err = fmt.Errorf("%s must be a whole number, not %s", key, p.text(key))
	}
	return int(n), err
}

func (p properties) number(key string) (float64, error) {
	if p[key] == nil {
		return 0, nil
	}
	n, err := strconv.ParseFloat(p.text(key), 64)
	if err != nil {
		return 0, fmt.Errorf("%s must be a number, not %q", key, p.text(key))
	}
	return n, nil
}

func (p properties) boolean(key string) bool { return p.text(key) == "true" }

// refuse is an error when one of the properties is set: the local cloud would silently do something else.
func (p properties) refuse(keys ...string) error {
	for _, k := range keys {
		if v, ok := p[k]; ok && v != nil {
			return fmt.Errorf("the local cloud does not carry out the property %s", k)
		}
	}
	return nil
}
