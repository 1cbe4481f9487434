package cloud

import (
	"context"
	"fmt"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/awsapi"
)

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html
func createParameter(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	p := awsapi.Parameter{Name: r.name("Name", 512), Type: r.properties.text("Type"), Value: r.properties.text("Value")}
	p.ARN = arn("ssm", "parameter/", trimSlash(p.Name))
	if err := c.parameters.Put(p); err != nil {
		return assembly.Values{}, err
	}
	return assembly.Values{Ref: p.Name, Attributes: map[string]any{"Type": p.Type, "Value": p.Value}}, nil
}

func trimSlash(name string) string {
	if name != "" && name[0] == '/' {
		return name[1:]
	}
	return name
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
func createSecret(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	spec := awsapi.SecretSpec{
		Name: r.name("Name", 512), Description: r.properties.text("Description"), SecretString: r.properties.text("SecretString"),
		Region: here.Region, Account: here.Account,
	}
	if g := r.properties.object("GenerateSecretString"); g != nil {
		var err error
		if spec.Generate, err = generateOf(g); err != nil {
			return assembly.Values{}, fmt.Errorf("GenerateSecretString: %w", err)
		}
	}
	secretARN, err := c.secrets.Ensure(spec)
	if err != nil {
		return assembly.Values{}, err
	}
	return assembly.Values{Ref: secretARN, Attributes: map[string]any{"Id": secretARN}}, nil
}

// generateOf reads GenerateSecretString. Unless it says otherwise there are 32 characters, and each type at least once.
func generateOf(p properties) (*awsapi.Generate, error) {
	g := &awsapi.Generate{
		ExcludeCharacters: p.text("ExcludeCharacters"), ExcludeLowercase: p.boolean("ExcludeLowercase"), ExcludeNumbers: p.boolean("ExcludeNumbers"),
		ExcludePunctuation: p.boolean("ExcludePunctuation"), ExcludeUppercase: p.boolean("ExcludeUppercase"), IncludeSpace: p.boolean("IncludeSpace"),
		RequireEachIncludedType: p["RequireEachIncludedType"] == nil || p.boolean("RequireEachIncludedType"),
		GenerateStringKey:       p.text("GenerateStringKey"), SecretStringTemplate: p.text("SecretStringTemplate"), PasswordLength: 32,
	}
	if p["PasswordLength"] == nil {
		return g, nil
	}
	var err error
	g.PasswordLength, err = p.integer("PasswordLength")
	return g, err
}
