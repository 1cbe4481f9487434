package websocket

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// variable is $request.body.a.b[0], ${request.body.a.b[0]} or a dollar sign written as \$.
var variable = regexp.MustCompile(`\$request\.body(?:\.[\w-]+|\[\d+\])+|\$\{request\.body(?:\.[\w-]+|\[\d+\])+\}|\\\$`)

var pathStep = regexp.MustCompile(`[\w-]+`)

func checkSelection(expression string) error {
	if expression == "" || strings.ContainsAny(variable.ReplaceAllString(expression, ""), "$[") {
		return fmt.Errorf("route selection expression %q: use $request.body.NAME", expression)
	}
	return nil
}

// selectRoute evaluates the expression on a message. A message that is no JSON or names no route goes to $default, which
// may be absent: then nil. No message reaches $connect or $disconnect.
func (s *Server) selectRoute(message []byte) *route {
	if key := evaluate(s.api.RouteSelection, message); !strings.HasPrefix(key, "$") && s.routes[key] != nil {
		return s.routes[key]
	}
	return s.routes[routeDefault]
}

// evaluate gives the key of a message, $default for one that is no JSON. The result of a path is text; a path that leads
// nowhere is "" (page websocket-api-develop-routes, "Route selection expressions").
func evaluate(expression string, message []byte) string {
	var body any
	d := json.NewDecoder(strings.NewReader(string(message)))
	d.UseNumber()
	if d.Decode(&body) != nil || !errors.Is(d.Decode(new(any)), io.EOF) {
		return routeDefault
	}
	return variable.ReplaceAllStringFunc(expression, func(v string) string {
		if v == `\$` {
			return "$"
		}
		return text(lookUp(body, pathStep.FindAllString(v, -1)[2:]))
	})
}

// lookUp follows a path of names and indices; nil is nothing.
func lookUp(v any, path []string) any {
	for _, step := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func text(v any) string {
	switch x := v.(type) {
	case nil, map[string]any:
		return ""
	case []any:
		var items []string
		for _, item := range x {
			items = append(items, text(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(v)
}
