package assembly

import (
	"encoding/json"
	"regexp"
	"strings"
)

var dynamicReference = regexp.MustCompile(`\{\{resolve:([^{}]+)\}\}`)

// dynamic replaces the dynamic references in the strings of v. References to secrets are refused where secrets is
// false, as CloudFormation refuses them in custom resources.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func (s *Scope) dynamic(v any, secrets bool) any {
	text, ok := v.(string)
	if !ok {
		return Each(v, func(e any) any { return s.dynamic(e, secrets) })
	}
	return dynamicReference.ReplaceAllStringFunc(text, func(m string) string {
		defer s.in(m)()
		service, rest, _ := strings.Cut(dynamicReference.FindStringSubmatch(m)[1], ":")
		switch {
		case service == "ssm":
			name, _, _ := strings.Cut(rest, ":") // the local store keeps one version, the newest
			return s.found(s.lookup.Parameter(name))
		case service == "secretsmanager" && secrets:
			return s.secretValue(rest)
		case service == "secretsmanager":
			s.fail("a custom resource cannot have a reference to a secret; give it the secret's ARN")
		default:
			s.fail("the local cloud does not resolve references to %s", service)
		}
		return ""
	})
}

// secretReference is secret-id:SecretString:json-key:version-stage:version-id, of which all but the id may be absent.
// The id may be an ARN, which has six colons of its own.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
var secretReference = regexp.MustCompile(`^(arn(?::[^:]*){6}|[^:]*)(?::(?:SecretString)?(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?)?$`)

func (s *Scope) secretValue(reference string) string {
	parts := secretReference.FindStringSubmatch(reference)
	if parts == nil {
		s.fail("a secret reference is secret-id:SecretString:json-key:version-stage:version-id")
		return ""
	}
	id, key, stage, version := parts[1], parts[2], parts[3], parts[4]
	text := s.found(s.lookup.Secret(id, stage, version))
	if key == "" {
		return text
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		s.fail("the secret is not a JSON object, so it has no keys")
	}
	v, ok := fields[key]
	if !ok {
		s.fail("the secret has no key %s", key)
	}
	return Text(v)
}
