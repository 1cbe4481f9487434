package cloudfront

import "fmt"

// properties reads CloudFormation properties, in which a number or boolean may also be written as text.
type properties map[string]any

func (p properties) text(key string) string {
	switch v := p[key].(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprint(v)
	}
}

func (p properties) boolean(key string) bool { return p.text(key) == "true" }

func (p properties) object(key string) properties {
	o, _ := p[key].(map[string]any)
	return o
}

func (p properties) list(key string) []properties {
	items, _ := p[key].([]any)
	var list []properties
	for _, i := range items {
		if o, ok := i.(map[string]any); ok {
			list = append(list, o)
		}
	}
	return list
}

func (p properties) texts(key string) []string {
	items, _ := p[key].([]any)
	var list []string
	for _, i := range items {
		list = append(list, fmt.Sprint(i))
	}
	return list
}
