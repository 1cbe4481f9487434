package websocket

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// bodyElement is $request.body.a.b or ${request.body.a.b} (page websocket-api-develop-routes, "Route selection
// expressions").
var bodyElement = regexp.MustCompile(`\$request\.body(?:\.[A-Za-z0-9_-]+)+|\$\{request\.body(?:\.[A-Za-z0-9_-]+)+\}`)

func checkSelection(expression string) error {
	if !bodyElement.MatchString(expression) || strings.Contains(bodyElement.ReplaceAllString(expression, ""), "$") {
		return fmt.Errorf("route selection expression %q: use $request.body.NAME", expression)
	}
	return nil
}

// selectRoute evaluates the expression on a message. A message that is no JSON, lacks the element or names no route goes
// to $default, which may be absent: then nil. No message reaches $connect or $disconnect.
func (s *Server) selectRoute(message []byte) *route {
	if key, ok := evaluate(s.api.RouteSelection, message); ok && !strings.HasPrefix(key, "$") && s.routes[key] != nil {
		return s.routes[key]
	}
	return s.routes[routeDefault]
}

func evaluate(expression string, message []byte) (string, bool) {
	var body any
	d := json.NewDecoder(strings.NewReader(string(message)))
	d.UseNumber()
	if d.Decode(&body) != nil || d.More() {
		return "", false
	}
	found := true
	key := bodyElement.ReplaceAllStringFunc(expression, func(element string) string {
		path := strings.Split(strings.Trim(element, "${}"), ".")[2:]
		value, ok := lookUp(body, path)
		found = found && ok
		return value
	})
	return key, found
}

// lookUp follows a path of names to a text, number or boolean.
func lookUp(v any, path []string) (string, bool) {
	for _, name := range path {
		object, ok := v.(map[string]any)
		if !ok {
			return "", false
		}
		v = object[name]
	}
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number, bool:
		return fmt.Sprint(x), true
	}
	return "", false
}
