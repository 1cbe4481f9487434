package iam

import (
	"encoding/json"
	"strings"
	"testing"
)

func read(t *testing.T, text string) Policy {
	t.Helper()
	var p Policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADenyWinsAndNothingIsAllowedByDefault(t *testing.T) {
	t.Parallel()
	method := Request{Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111122223333:abc/live/GET/pets/1"}
	for text, want := range map[string]bool{
		`{"Statement":[]}`: false,
		`{"Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}}`:                                                            true,
		`{"Statement":[{"Effect":"Allow","Action":["Execute-API:invoke"],"Resource":["arn:aws:execute-api:*:*:abc/live/GET/pets/?"]}]}`:            true,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:execute-api:*:*:abc/live/POST/*"}]}`:                                     false,
		`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`:                                                                        false,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*/GET/pets/1"}]}`: false,
	} {
		if got := read(t, text).Allows(method); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestPrincipalsAndConditionsBoundAStatement(t *testing.T) {
	t.Parallel()
	object := Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::site/a", Context: map[string]string{"aws:sourcearn": "arn:site", "aws:securetransport": "true", "s3:tlsversion": "1.2"}}
	const everything = `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"`
	for text, want := range map[string]bool{
		`{"Statement":{` + everything + `}}`:                                                false,
		`{"Statement":{` + everything + `,"Principal":"*"}}`:                                true,
		`{"Statement":{` + everything + `,"Principal":{"Service":"lambda.amazonaws.com"}}}`: false,
		`{"Statement":{` + everything + `,"Principal":{"Service":["cloudfront.amazonaws.com"]},"Condition":{"StringEquals":{"AWS:SourceArn":"arn:site"}}}}`:                                                             true,
		`{"Statement":{` + everything + `,"Principal":{"AWS":"*"},"Condition":{"ArnLike":{"AWS:SourceArn":["arn:other","arn:s*"]}}}}`:                                                                                   true,
		`{"Statement":{` + everything + `,"Principal":"*","Condition":{"StringEquals":{"AWS:SourceArn":"arn:other"}}}}`:                                                                                                 false,
		`{"Statement":[{` + everything + `,"Principal":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":1.2}}}]}`:                                   true,
		`{"Statement":[{` + everything + `,"Principal":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":"1.3"}}}]}`:                                 false,
		`{"Statement":[{` + everything + `,"Principal":"*"},{"Effect":"Deny","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`: true,
		`{"Statement":[{` + everything + `,"Principal":"*"},{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}`:                              true,
		`{"Statement":[{` + everything + `,"Principal":"*"},{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`:                             false,
	} {
		p := read(t, text).Of("cloudfront.amazonaws.com")
		if err := p.Check("aws:sourcearn", "aws:securetransport", "s3:tlsversion"); err != nil {
			t.Error(err)
		}
		if got := p.Allows(object); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestPoliciesThatCannotBeEvaluatedAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"Principal":"*","Effect":"Maybe","Action":"*","Resource":"*"`:                                                            `the effect "Maybe"`,
		`"Principal":"*","Effect":"Allow","Resource":"*"`:                                                                         "lacks Action or Resource",
		`"NotPrincipal":{"AWS":"1"},"Effect":"Deny","Action":"*","Resource":"*"`:                                                  "has NotPrincipal",
		`"Principal":"*","Effect":"Allow","NotAction":"s3:*","Resource":"*"`:                                                      "NotAction",
		`"Principal":"*","Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`:    "IpAddress of aws:SourceIp",
		`"Principal":"*","Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIp":"10.0.0.0/8"}}`: "StringEquals of aws:SourceIp",
	} {
		p := read(t, `{"Statement":{`+text+`}}`).Of("cloudfront.amazonaws.com")
		if err := p.Check("aws:sourcearn"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}
