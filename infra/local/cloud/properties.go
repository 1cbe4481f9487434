package cloud

import (
	"fmt"
	"strconv"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// properties are the evaluated properties of a resource, or an object among them. CloudFormation takes a string where a number
// or a boolean is meant, and so do these. A property of another kind is a fault, which ends the deployment after the
// resource's creator; it reads as an absent one until then.
type properties struct {
	all   map[string]any
	path  string // names of the objects that this one is in, each with a dot
	fault *error // the first of the resource
}

func propertiesOf(all map[string]any) properties { return properties{all: all, fault: new(error)} }

func (p properties) fail(format string, args ...any) {
	if *p.fault == nil {
		*p.fault = fmt.Errorf(format, args...)
	}
}

func (p properties) has(key string) bool { return p.all[key] != nil }

// text is "" for an absent property.
func (p properties) text(key string) string { return p.scalar(key, p.all[key]) }

func (p properties) scalar(key string, v any) string {
	switch v.(type) {
	case []any, map[string]any:
		p.fail("%s must be a string, not %s", p.path+key, assembly.Text(v))
		return ""
	}
	return assembly.Text(v)
}

// object is empty for an absent property.
func (p properties) object(key string) properties { return p.inner(key, p.all[key]) }

func (p properties) inner(key string, v any) properties {
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		p.fail("%s must be an object, not %s", p.path+key, assembly.Text(v))
	}
	return properties{m, p.path + key + ".", p.fault}
}

func (p properties) list(key string) []any {
	list, ok := p.all[key].([]any)
	if p.has(key) && !ok {
		p.fail("%s must be a list, not %s", p.path+key, assembly.Text(p.all[key]))
	}
	return list
}

func (p properties) objects(key string) []properties {
	var out []properties
	for _, v := range p.list(key) {
		out = append(out, p.inner(key, v))
	}
	return out
}

func (p properties) texts(key string) []string {
	var out []string
	for _, v := range p.list(key) {
		out = append(out, p.scalar(key, v))
	}
	return out
}

func (p properties) textMap(key string) map[string]string {
	object, out := p.object(key), map[string]string{}
	for name := range object.all {
		out[name] = object.text(name)
	}
	return out
}

// within is a whole number from low to high; an absent property has the default.
func (p properties) within(key string, absent, low, high int) int {
	n := p.number(key, float64(absent))
	switch {
	case n != float64(int(n)):
		p.fail("%s must be a whole number, not %s", p.path+key, p.text(key))
	case p.has(key) && (n < float64(low) || n > float64(high)):
		p.fail("%s must be %d to %d, not %s", p.path+key, low, high, p.text(key))
	}
	return int(n)
}

func (p properties) number(key string, absent float64) float64 {
	if !p.has(key) {
		return absent
	}
	n, err := strconv.ParseFloat(p.text(key), 64)
	if err != nil {
		p.fail("%s must be a number, not %q", p.path+key, p.text(key))
	}
	return n
}

func (p properties) boolean(key string, absent bool) bool {
	text := p.text(key)
	if text != "" && text != "true" && text != "false" {
		p.fail("%s must be true or false, not %q", p.path+key, text)
	}
	return text == "true" || text == "" && absent
}

// date is the zero time for an absent property.
func (p properties) date(key string) time.Time {
	if !p.has(key) {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, p.text(key))
	if err != nil {
		p.fail("%s must be a time such as 2030-01-01T01:00:00Z, not %q", p.path+key, p.text(key))
	}
	return t
}

// refuse makes a fault of a property that is set: the local cloud would silently do something else.
func (p properties) refuse(keys ...string) {
	for _, key := range keys {
		if p.has(key) {
			p.fail("the local cloud does not carry out the property %s", p.path+key)
		}
	}
}
