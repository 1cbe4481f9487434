package awsapi

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// ask calls an action of Parameter Store with JSON, as the SDKs do.
func (c *cloud) ask(t *testing.T, action, body string) (int, map[string]any) {
	t.Helper()
	res, err := c.config.HTTPClient.Do(request(t, c.url, "AmazonSSM."+action, body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return res.StatusCode, out
}

func put(t *testing.T, p *Parameters, name, value string) {
	t.Helper()
	if err := p.Put(Parameter{Name: name, Type: "String", Value: value, ARN: "arn:aws:ssm:us-east-1:111122223333:parameter" + name}); err != nil {
		t.Fatal(err)
	}
}

func TestParametersAreReadByNameAndARN(t *testing.T) {
	t.Parallel()
	c := start(t)
	put(t, c.parameters, "/miyabi/local/api/id", "abc")
	for _, name := range []string{"/miyabi/local/api/id", "arn:aws:ssm:us-east-1:111122223333:parameter/miyabi/local/api/id"} {
		status, out := c.ask(t, "GetParameter", `{"Name":"`+name+`","WithDecryption":true}`)
		p, _ := out["Parameter"].(map[string]any)
		if status != 200 || p["Value"] != "abc" || p["Type"] != "String" || p["Version"] != 1.0 || p["DataType"] != "text" || p["Name"] != "/miyabi/local/api/id" {
			t.Errorf("%s: got %d %v", name, status, out)
		}
	}
}

func TestParametersThatAreNotThere(t *testing.T) {
	t.Parallel()
	c := start(t)
	put(t, c.parameters, "/a/b", "1")
	for name, want := range map[string]string{
		"/none": "ParameterNotFound", "/none:1": "ParameterNotFound", "a": "ParameterNotFound", "arn:aws:ssm:us-east-1:111122223333:parameter/none": "ParameterNotFound",
		"/a/b:2": "ParameterVersionNotFound", "/a/b:label": "ParameterVersionNotFound", "//a//b": "ValidationException", "a/b": "ValidationException",
	} {
		if status, out := c.ask(t, "GetParameter", `{"Name":"`+name+`"}`); status != 400 || out["__type"] != want || want == "ParameterNotFound" && out["message"] != "" {
			t.Errorf("%s: got %d %v, want %s", name, status, out, want)
		}
	}
	if value, ok := c.parameters.Value("/none"); ok || value != "" {
		t.Errorf("got %q", value)
	}
}

func TestAVersionSelectsAParameterAndIsAnswered(t *testing.T) {
	t.Parallel()
	c := start(t)
	put(t, c.parameters, "/a/b", "1")
	for _, name := range []string{"/a/b:1", "arn:aws:ssm:us-east-1:111122223333:parameter/a/b:1"} {
		_, out := c.ask(t, "GetParameter", `{"Name":"`+name+`"}`)
		if p, _ := out["Parameter"].(map[string]any); p["Value"] != "1" || p["Selector"] != ":1" || p["Name"] != "/a/b" {
			t.Errorf("%s: got %v", name, out)
		}
	}
}

func TestSeveralParametersListTheMissingOnes(t *testing.T) {
	t.Parallel()
	c := start(t)
	put(t, c.parameters, "/b", "2")
	put(t, c.parameters, "/a", "1")
	status, out := c.ask(t, "GetParameters", `{"Names":["/b","/none","/a","/b","/a:2"]}`)
	text, _ := json.Marshal(out["InvalidParameters"])
	if list, _ := out["Parameters"].([]any); status != 200 || len(list) != 2 || string(text) != `["/a:2","/none"]` {
		t.Errorf("got %d %v", status, out)
	}
	for _, names := range []string{`[]`, `["1","2","3","4","5","6","7","8","9","10","11"]`} {
		if status, out := c.ask(t, "GetParameters", `{"Names":`+names+`}`); status != 400 || out["__type"] != "ValidationException" {
			t.Errorf("%s: got %d %v", names, status, out)
		}
	}
}

func TestParametersBelowAPathComeInPages(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, name := range []string{"/a/1", "/a/2", "/a/3", "/a/b/4", "/ab/5", "word"} {
		put(t, c.parameters, name, "v")
	}
	client := ssm.NewFromConfig(c.config)
	for want, in := range map[string]*ssm.GetParametersByPathInput{
		"/a/1 /a/2 | /a/3 ":                 {Path: aws.String("/a"), MaxResults: aws.Int32(2)},
		"/a/1 /a/2 /a/3 /a/b/4 ":            {Path: aws.String("/a/"), Recursive: aws.Bool(true)},
		"/a/1 /a/2 /a/3 /a/b/4 /ab/5 word ": {Path: aws.String("/"), Recursive: aws.Bool(true)},
		"word ":                             {Path: aws.String("/")},
		"":                                  {Path: aws.String("/none")},
		"path \"a\" must begin":             {Path: aws.String("a")},
		"MaxResults must be":                {Path: aws.String("/a"), MaxResults: aws.Int32(11)},
		"ParameterFilters are not":          {Path: aws.String("/a"), ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Type")}}},
	} {
		got := ""
		for pages := ssm.NewGetParametersByPathPaginator(client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				got = err.Error()
				break
			}
			for _, p := range page.Parameters {
				got += *p.Name + " "
			}
			if page.NextToken != nil {
				got += "| "
			}
		}
		if got != want && (want == "" || !strings.Contains(got, want)) {
			t.Errorf("%q: got %q", want, got)
		}
	}
}

func TestMalformedRequestsAreTold(t *testing.T) {
	t.Parallel()
	c := start(t)
	for _, body := range []string{"", "{", `{"Name":5}`, strings.Repeat(" ", maxJSON+1)} {
		if status, out := c.ask(t, "GetParameter", body); status != 400 || out["__type"] != "SerializationException" {
			t.Errorf("got %d %v", status, out)
		}
	}
}

func TestParametersThatCannotBeMade(t *testing.T) {
	t.Parallel()
	p := NewParameters()
	put(t, p, "/there", "1")
	for part, in := range map[string]Parameter{
		"needs a Value":           {Name: "/empty", Type: "String"},
		"Type String or":          {Name: "/secure", Type: "SecureString", Value: "v"},
		"already exists":          {Name: "/there", Type: "String", Value: "v"},
		`"a/b": Parameter name`:   {Name: "a/b", Type: "String", Value: "v"},
		`"/a//b": Parameter name`: {Name: "/a//b", Type: "String", Value: "v"},
	} {
		if err := p.Put(in); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want %q", err, part)
		}
	}
}
