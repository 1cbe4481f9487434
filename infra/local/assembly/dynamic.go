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
	text, ok := v.(string)
	if !ok {
		return Each(v, func(e any) (any, error) { return s.dynamic(e, secrets) })
	}
	var failed error
	return dynamicReference.ReplaceAllStringFunc(text, func(m string) string {
		service, rest, _ := strings.Cut(dynamicReference.FindStringSubmatch(m)[1], ":")
		value, err := s.dynamicValue(service, rest, secrets)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", m, err))
		}
		return value
	}), failed
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

// secretReference is secret-id:SecretString:json-key:version-stage:version-id, of which all but the id may be absent.
// The id may be an ARN, which has six colons of its own.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
var secretReference = regexp.MustCompile(`^(arn(?::[^:]*){6}|[^:]*)(?::(?:SecretString)?(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?)?$`)

func (s *Scope) secretValue(reference string) (string, error) {
	parts := secretReference.FindStringSubmatch(reference)
	if parts == nil {
		return "", errors.New("a secret reference is secret-id:SecretString:json-key:version-stage:version-id")
	}
	id, key, stage, version := parts[1], parts[2], parts[3], parts[4]
	text, err := s.lookup.Secret(id, stage, version)
	if err != nil || key == "" {
		return text, err
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return "", errors.New("the secret is not a JSON object, so it has no keys")
	}
	v, ok := fields[key]
	if !ok {
		return "", fmt.Errorf("the secret has no key %s", key)
	}
	return Text(v), nil
}
