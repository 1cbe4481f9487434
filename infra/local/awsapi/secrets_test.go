package awsapi

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const identity = "/miyabi/local/identity"

func TestSDKReadsASecretByNameARNAndPartialARN(t *testing.T) {
	t.Parallel()
	c := start(t)
	arn := ensure(t, c.secrets, SecretSpec{Name: identity, SecretString: "v1"})
	if !regexp.MustCompile(`^arn:aws:secretsmanager:us-east-1:111122223333:secret:/miyabi/local/identity-[A-Za-z0-9]{6}$`).MatchString(arn) {
		t.Errorf("ARN %s", arn)
	}
	client := secretsmanager.NewFromConfig(c.config)
	for _, id := range []string{identity, arn, arn[:len(arn)-7]} {
		out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToString(out.SecretString) != "v1" || aws.ToString(out.ARN) != arn || aws.ToString(out.Name) != identity || out.VersionStages[0] != "AWSCURRENT" || out.CreatedDate == nil {
			t.Errorf("%s: got %+v", id, out)
		}
	}
}

func TestUnknownSecretsAreTheSDKsError(t *testing.T) {
	t.Parallel()
	c := start(t)
	arn := ensure(t, c.secrets, SecretSpec{Name: "empty"})
	client := secretsmanager.NewFromConfig(c.config)
	for _, id := range []string{"none", "empty", arn[:len(arn)-6], arn + "x"} {
		var notFound *types.ResourceNotFoundException
		if _, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id}); !errors.As(err, &notFound) {
			t.Errorf("%s: got %v", id, err)
		}
	}
	for _, id := range []string{"none", "empty"} {
		if _, err := c.secrets.Value(id); !errors.Is(err, ErrNoSecret) {
			t.Errorf("%s: got %v", id, err)
		}
	}
}

func TestPutKeepsThePreviousVersion(t *testing.T) {
	t.Parallel()
	c := start(t)
	ensure(t, c.secrets, SecretSpec{Name: identity, SecretString: "v1"})
	client := secretsmanager.NewFromConfig(c.config)
	put, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(identity), SecretString: aws.String("v2")})
	if err != nil {
		t.Fatal(err)
	}
	for want, in := range map[string]*secretsmanager.GetSecretValueInput{
		"v2":  {SecretId: aws.String(identity)},
		"v1":  {SecretId: aws.String(identity), VersionStage: aws.String("AWSPREVIOUS")},
		"v2 ": {SecretId: aws.String(identity), VersionId: put.VersionId},
	} {
		out, err := client.GetSecretValue(t.Context(), in)
		if err != nil || aws.ToString(out.SecretString) != strings.TrimSpace(want) {
			t.Errorf("%s: got %+v, %v", want, out, err)
		}
	}
	described, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(identity)})
	if err != nil || len(described.VersionIdsToStages) != 2 || described.VersionIdsToStages[*put.VersionId][0] != "AWSCURRENT" {
		t.Errorf("got %+v, %v", described, err)
	}
}

func TestPutWithTheSameTokenIsOneCall(t *testing.T) {
	t.Parallel()
	c := start(t)
	ensure(t, c.secrets, SecretSpec{Name: identity, SecretString: "v1"})
	client := secretsmanager.NewFromConfig(c.config)
	put := func(value string) error {
		_, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(identity), SecretString: &value, ClientRequestToken: aws.String("11111111-2222-3333-4444-555555555555")})
		return err
	}
	if err := errors.Join(put("v2"), put("v2")); err != nil {
		t.Error(err)
	}
	var exists *types.ResourceExistsException
	if err := put("v3"); !errors.As(err, &exists) {
		t.Errorf("got %v", err)
	}
}

func TestPutRefusesWhatIsNotServed(t *testing.T) {
	t.Parallel()
	c := start(t)
	ensure(t, c.secrets, SecretSpec{Name: identity, SecretString: "v1"})
	var invalid *types.InvalidParameterException
	_, err := secretsmanager.NewFromConfig(c.config).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(identity), SecretBinary: []byte("x")})
	if !errors.As(err, &invalid) {
		t.Errorf("got %v", err)
	}
}

// As recorded of the service: other labels leave the current version, and a label is at one version.
func TestOtherLabelsLeaveTheCurrentVersion(t *testing.T) {
	t.Parallel()
	c := start(t)
	ensure(t, c.secrets, SecretSpec{Name: identity, SecretString: "v0"})
	client := secretsmanager.NewFromConfig(c.config)
	ids := map[string]*string{}
	for value, stages := range map[string][]string{"v1": {"SAMPLE0", "SAMPLE1"}, "v2": {"AWSPENDING"}} {
		out, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(identity), SecretString: &value, VersionStages: stages})
		if err != nil || !slices.Equal(out.VersionStages, stages) {
			t.Fatalf("got %+v, %v", out, err)
		}
		ids[value] = out.VersionId
	}
	for want, in := range map[string]secretsmanager.GetSecretValueInput{
		"v0":  {},
		"v1":  {VersionStage: aws.String("SAMPLE1")},
		"v1 ": {VersionStage: aws.String("SAMPLE0"), VersionId: ids["v1"]},
		"v2":  {VersionId: ids["v2"]},
		"You provided a VersionStage that is not associated to the provided VersionId.":        {VersionStage: aws.String("SAMPLE0"), VersionId: ids["v2"]},
		"Secrets Manager can't find the specified secret value for VersionId: 12345678":        {VersionId: aws.String("12345678")},
		"Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS": {VersionStage: aws.String("AWSPREVIOUS")},
	} {
		in.SecretId = aws.String(identity)
		out, err := client.GetSecretValue(t.Context(), &in)
		if err != nil && !strings.HasSuffix(err.Error(), ": "+want) || err == nil && aws.ToString(out.SecretString) != strings.TrimSpace(want) {
			t.Errorf("%q: got %+v, %v", want, out, err)
		}
	}
}

// As recorded of the service: an ARN without its random ending is found, unless the name itself ends as if it had one.
func TestANameThatEndsLikeAnARNIsFoundByTheWholeARNOnly(t *testing.T) {
	t.Parallel()
	s := openSecrets(t, t.TempDir())
	for name, found := range map[string]bool{"Valid/_+=.@!-Name": true, "Name-a1b2": true, "Name-a1b2c3-": true, "Name-a1b2c3": false} {
		arn := ensure(t, s, SecretSpec{Name: name, SecretString: "v"})
		if _, err := s.Value(arn); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Value(arn[:len(arn)-7]); (err == nil) != found {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownActionsAreNamedInTheError(t *testing.T) {
	t.Parallel()
	c := start(t)
	_, err := secretsmanager.NewFromConfig(c.config).RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{SecretId: aws.String(identity)})
	if err == nil || !strings.Contains(err.Error(), "UnknownOperationException") || !strings.Contains(err.Error(), "secretsmanager.RotateSecret is not served locally; served are AmazonSSM.GetParameter,") {
		t.Errorf("got %v", err)
	}
}

func TestGeneratedSecretsStayUntilTheTemplateChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spec := SecretSpec{Name: identity, Generate: &Generate{PasswordLength: 64, ExcludePunctuation: true, GenerateStringKey: "jwt_key", SecretStringTemplate: `{"github_client_id":""}`}}
	s := openSecrets(t, dir)
	arn := ensure(t, s, spec)
	first, err := s.Value(identity)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]string
	if err := json.Unmarshal([]byte(first), &fields); err != nil || len(fields["jwt_key"]) != 64 || len(fields) != 2 {
		t.Errorf("got %s, %v", first, err)
	}
	if err := s.Put(arn, "filled in"); err != nil {
		t.Fatal(err)
	}
	s = openSecrets(t, dir)
	if again := ensure(t, s, spec); again != arn {
		t.Errorf("ARN changed from %s to %s", arn, again)
	}
	if got, _ := s.Value(identity); got != "filled in" {
		t.Errorf("got %q: the value that a person put is gone", got)
	}
	spec.Generate.PasswordLength = 20
	ensure(t, s, spec)
	if got, _ := s.Value(identity); got == "filled in" {
		t.Error("the template changed and the value did not")
	}
	wantMode0600(t, dir, "secrets.json")
}

func TestABrokenStoreNamesItsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSecrets(dir); err == nil || !strings.Contains(err.Error(), "secrets.json") {
		t.Errorf("got %v", err)
	}
}

func TestSecretNamesFollowTheRules(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a b", "a:b", strings.Repeat("a", 513)} {
		if _, err := openSecrets(t, t.TempDir()).Ensure(SecretSpec{Name: name}); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}

func TestGeneratedPasswordsFollowTheProperty(t *testing.T) {
	t.Parallel()
	for want, g := range map[string]Generate{
		`^[!-~]{32}$`:                         {PasswordLength: 32, RequireEachIncludedType: true},
		`^[A-Za-z0-9]{40}$`:                   {PasswordLength: 40, ExcludePunctuation: true},
		`^[0-9]{8}$`:                          {PasswordLength: 8, ExcludePunctuation: true, ExcludeLowercase: true, ExcludeUppercase: true},
		`^[09]{32}$`:                          {PasswordLength: 32, ExcludePunctuation: true, ExcludeUppercase: true, ExcludeLowercase: true, ExcludeCharacters: "12345678"},
		` `:                                   {PasswordLength: 5, IncludeSpace: true, RequireEachIncludedType: true},
		`[a-z]`:                               {PasswordLength: 4, RequireEachIncludedType: true},
		`^\{"p":"[A-Za-z0-9]{32}","u":"x"\}$`: {PasswordLength: 32, SecretStringTemplate: `{"u":"x"}`, GenerateStringKey: "p", ExcludePunctuation: true},
	} {
		for range 20 {
			got, err := g.String()
			if err != nil || !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s: got %q, %v", want, got, err)
			}
		}
	}
}

func TestImpossiblePasswordsAreErrors(t *testing.T) {
	t.Parallel()
	for want, g := range map[string]Generate{
		"use 1 to 4096":                {PasswordLength: 5000},
		"every character is excluded":  {PasswordLength: 8, ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true},
		"cannot hold one character":    {PasswordLength: 3, RequireEachIncludedType: true},
		"give both":                    {PasswordLength: 8, GenerateStringKey: "k"},
		"reading SecretStringTemplate": {PasswordLength: 8, GenerateStringKey: "k", SecretStringTemplate: "[]"},
	} {
		if _, err := g.String(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
