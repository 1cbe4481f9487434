package cloud

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// ruleInput is what a target of a rule gets of an event: the event, or what Input, InputPath or InputTransformer make of
// it. The rule is named by its ARN.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html and
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
func ruleInput(target properties, rule string, event map[string]any) (string, error) {
	input, path, transformer := target.text("Input"), target.text("InputPath"), target.has("InputTransformer")
	switch {
	case input != "" && path != "", (input != "" || path != "") && transformer:
		return "", fmt.Errorf("only one of Input, InputPath, or InputTransformer must be provided for target %s", target.text("Id"))
	case input != "":
		return input, nil
	case path != "":
		return asJSON(atPath(event, path)), nil
	case !transformer:
		return asJSON(event), nil
	}
	short := maps.Clone(event)
	short["detailType"] = event["detail-type"]
	delete(short, "detail-type")
	delete(short, "detail")
	values := map[string]any{
		"aws.events.rule-arn": rule, "aws.events.rule-name": rule[strings.LastIndex(rule, "/")+1:], "aws.events.event.ingestion-time": event["time"],
		"aws.events.event.json": event, "aws.events.event": short,
	}
	for name, path := range target.object("InputTransformer").textMap("InputPathsMap") {
		if values[name] = atPath(event, path); values[name] == nil {
			values[name] = "" // as recorded of the service
		}
	}
	return fill(target.object("InputTransformer").text("InputTemplate"), values)
}

// atPath follows a path in dot notation, such as $.detail.id; nil is nothing there.
func atPath(event map[string]any, path string) any {
	var v any = event
	for _, name := range strings.Split(path, ".")[1:] {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

var (
	textOrPlaceholder = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|<[\w.-]+>`)
	placeholder       = regexp.MustCompile(`<[\w.-]+>`)
)

// fill puts values into a template: as they are inside of JSON strings, as JSON elsewhere.
func fill(template string, values map[string]any) (filled string, err error) {
	filled = textOrPlaceholder.ReplaceAllStringFunc(template, func(part string) string {
		return placeholder.ReplaceAllStringFunc(part, func(p string) string {
			v, known := values[p[1:len(p)-1]]
			if !known {
				err = fmt.Errorf("InputTemplate contains invalid placeholder %s", p)
			}
			if part == p {
				return asJSON(v)
			}
			text, isText := v.(string)
			if !isText {
				text = asJSON(v)
			}
			quoted := asJSON(text)
			return quoted[1 : len(quoted)-1]
		})
	})
	return filled, err
}

// asJSON writes a value that was JSON before.
func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
