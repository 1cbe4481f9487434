package policy

import (
	"slices"
	"strings"
)

// statement is one statement of a policy document.
type statement map[string]any

// statements lists the statements of a policy document.
func statements(document any) []statement {
	var all []statement
	for _, item := range list(at(document, "Statement")) {
		if properties, ok := item.(map[string]any); ok {
			all = append(all, properties)
		}
	}
	return all
}

func (s statement) allows() bool { return s["Effect"] != "Deny" }

// actions lists the actions of a statement; NotAction is nearly everything.
func (s statement) actions() []string {
	var actions []string
	if s["NotAction"] != nil {
		actions = append(actions, "*")
	}
	for _, action := range list(s["Action"]) {
		actions = append(actions, flatten(action))
	}
	return actions
}

// resources lists the resources of a statement as texts; NotResource is nearly everything.
func (s statement) resources() []string {
	var resources []string
	if s["NotResource"] != nil {
		resources = append(resources, "*")
	}
	for _, resource := range list(s["Resource"]) {
		resources = append(resources, flatten(resource))
	}
	return resources
}

// principals lists who a statement is about, as kind and name, such as Service:lambda.amazonaws.com.
func (s statement) principals() []string {
	var all []string
	if s["NotPrincipal"] != nil {
		all = append(all, "*:*")
	}
	switch principal := s["Principal"].(type) {
	case string:
		all = append(all, "*:"+principal)
	case map[string]any:
		for kind, names := range principal {
			for _, name := range list(names) {
				all = append(all, kind+":"+flatten(name))
			}
		}
	}
	slices.Sort(all)
	return all
}

// condition is the value that the operator compares the key with; nil without. IAM ignores the case of a key.
func (s statement) condition(operator, key string) any {
	conditions, _ := at(s["Condition"], operator).(map[string]any)
	for name, value := range conditions {
		if strings.EqualFold(name, key) {
			return value
		}
	}
	return nil
}

// identityPolicies lists, by logical id, the documents that give roles permissions.
func (t Template) identityPolicies() map[string][]any {
	documents := map[string][]any{}
	for _, id := range t.IDs("") {
		switch t.Resources[id].Type {
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy":
			documents[id] = append(documents[id], t.property(id, "PolicyDocument"))
		case "AWS::IAM::Role":
			for _, inline := range list(t.property(id, "Policies")) {
				documents[id] = append(documents[id], at(inline, "PolicyDocument"))
			}
		}
	}
	return documents
}

// resourcePolicies lists, by logical id, the documents that say who may use a resource.
func (t Template) resourcePolicies() map[string]any {
	documents := map[string]any{}
	for _, id := range t.IDs("") {
		switch t.Resources[id].Type {
		case "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy":
			documents[id] = t.property(id, "PolicyDocument")
		case "AWS::SecretsManager::ResourcePolicy":
			documents[id] = t.property(id, "ResourcePolicy")
		case "AWS::KMS::Key":
			documents[id] = t.property(id, "KeyPolicy")
		}
	}
	return documents
}
