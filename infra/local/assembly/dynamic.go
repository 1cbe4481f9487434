package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var dynamicReference = regexp.MustCompile(`\{\{resolve:([^{}]+)\}\}`)

// dynamic replaces the dynamic references in the strings of v. References to secrets are refused where secrets is
// false, as CloudFormation refuses them in custom resources.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func (s *Scope) dynamic(v any, secrets bool) (any, error) {
	switch x := v.(type) {
	case string:
		return s.dynamicText(x, secrets)
	case []any:
		for i, e := range x {
			y, err := s.dynamic(e, secrets)
			if err != nil {
				return nil, err
			}
			x[i] = y
		}
	case map[string]any:
		for k, e := range x {
			y, err := s.dynamic(e, secrets)
			if err != nil {
				return nil, err
			}
			x[k] = y
		}
	}
	return v, nil
}

func (s *Scope) dynamicText(text string, secrets bool) (string, error) {
	var failed error
	out := dynamicReference.ReplaceAllStringFunc(text, func(m string) string {
		service, rest, _ := strings.Cut(dynamicReference.FindStringSubmatch(m)[1], ":")
		value, err := s.dynamicValue(service, rest, secrets)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", m, err))
		}
		return value
	})
	return out, failed
}

func (s *Scope) dynamicValue(service, rest string, secrets bool) (string, error) {
	switch {
	case service == "ssm":
		name, _, _ := strings.Cut(rest, ":") // the local store keeps one version, the newest
		return s.lookup.Parameter(name)
	case service == "secretsmanager" && secrets:
		return s.secretValue(rest)
	case service == "secretsmanager":
		return "", errors.New("a custom resource cannot have a reference to a secret; give it the secret's ARN")
	}
	return "", fmt.Errorf("the local cloud does not resolve references to %s", service)
}

// secretValue reads secret-id:SecretString:json-key:version-stage:version-id, of which all but the id may be absent.
// The id may be an ARN, which has six colons of its own.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
func (s *Scope) secretValue(reference string) (string, error) {
	parts := strings.Split(reference, ":")
	if parts[0] == "arn" {
		if len(parts) < 7 {
			return "", errors.New("the secret's ARN is not complete")
		}
		parts = append([]string{strings.Join(parts[:7], ":")}, parts[7:]...)
	}
	if len(parts) > 5 || (len(parts) > 1 && parts[1] != "SecretString" && parts[1] != "") {
		return "", errors.New("a secret reference is secret-id:SecretString:json-key:version-stage:version-id")
	}
	parts = append(parts, make([]string, 5-len(parts))...)
	text, err := s.lookup.Secret(parts[0], parts[3], parts[4])
	if err != nil || parts[2] == "" {
		return text, err
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return "", errors.New("the secret is not a JSON object, so it has no keys")
	}
	v, ok := fields[parts[2]]
	if !ok {
		return "", fmt.Errorf("the secret has no key %s", parts[2])
	}
	return Text(v), nil
}
