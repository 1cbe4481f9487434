package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/awsapi"
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
func createParameter(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := awsapi.Parameter{Name: r.nameFrom("CFN-"+r.LogicalID, "Name", 512), Type: r.properties.text("Type"), Value: r.properties.text("Value")}
	pattern, err := regexp.Compile(r.properties.text("AllowedPattern"))
	if err != nil {
		return assembly.Values{}, fmt.Errorf("the local cloud cannot read AllowedPattern: %w", err)
	}
	if !pattern.MatchString(p.Value) {
		return assembly.Values{}, fmt.Errorf("its value cannot be validated against AllowedPattern %s", pattern)
	}
	p.ARN = c.arn("ssm", "parameter/", strings.TrimPrefix(p.Name, "/"))
	if err := c.parameters.Put(p); err != nil {
		return assembly.Values{}, err
	}
	return assembly.Values{Ref: p.Name, Attributes: map[string]any{"Type": p.Type, "Value": p.Value}}, nil
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
func createSecret(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	spec := awsapi.SecretSpec{
		Name: r.nameFrom(r.LogicalID, "Name", 512), Description: r.properties.text("Description"), SecretString: r.properties.text("SecretString"),
	}
	spec.ARN = c.arn("secretsmanager", "secret:", spec.Name)
	if r.properties.has("GenerateSecretString") {
		if spec.SecretString != "" {
			return assembly.Values{}, errors.New("a secret has either SecretString or GenerateSecretString")
		}
		spec.Generate = &awsapi.Generate{PasswordLength: 32, RequireEachIncludedType: true}
		decoder := json.NewDecoder(strings.NewReader(asJSON(r.properties.textMap("GenerateSecretString"))))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(spec.Generate); err != nil {
			const form = "GenerateSecretString has a whole number as PasswordLength, and true or false for what is in- or excluded: %w"
			return assembly.Values{}, fmt.Errorf(form, err)
		}
	}
	secretARN, err := c.secrets.Ensure(spec)
	if err != nil {
		return assembly.Values{}, err
	}
	return assembly.Values{Ref: secretARN, Attributes: map[string]any{"Id": secretARN}}, nil
}
