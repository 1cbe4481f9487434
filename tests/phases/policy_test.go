package phases

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"
)

// statement is one of a resource policy.
type statement struct {
	Sid, Effect string
	Principal   any
	Action      any
	Resource    any
	Condition   map[string]map[string]any
}

// readPolicy gives the statements of a policy document.
func readPolicy(t *testing.T, document string) []statement {
	t.Helper()
	var p struct{ Statement []statement }
	require.NoError(t, json.Unmarshal([]byte(document), &p), document)
	return p.Statement
}

// condition is the value that an operator compares a key with, "" when it does not.
func (s statement) condition(operator, key string) string {
	switch value := s.Condition[operator][key].(type) {
	case string:
		return value
	case bool:
		return map[bool]string{true: "true", false: "false"}[value]
	case []any:
		if text, ok := value[0].(string); ok && len(value) == 1 {
			return text
		}
	}
	return ""
}

// services are the services that the statement is about; none when it is about another principal.
func (s statement) services() (names []string) {
	principal, _ := s.Principal.(map[string]any)
	switch value := principal["Service"].(type) {
	case string:
		names = append(names, value)
	case []any:
		for _, one := range value {
			names = append(names, one.(string))
		}
	}
	return names
}

func topicPolicy(t *testing.T, topic string) []statement {
	t.Helper()
	out, err := sns.NewFromConfig(cloud(t)).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: aws.String(topic)})
	require.NoError(t, err)
	return readPolicy(t, out.Attributes["Policy"])
}
