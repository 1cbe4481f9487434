package awsapi

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
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

func TestAMissingParameterIsNotFound(t *testing.T) {
	t.Parallel()
	c := start(t)
	if status, out := c.ask(t, "GetParameter", `{"Name":"/none"}`); status != 400 || out["__type"] != "ParameterNotFound" {
		t.Errorf("got %d %v", status, out)
	}
	if _, err := c.parameters.Value("/none"); !errors.Is(err, ErrNoParameter) {
		t.Errorf("got %v", err)
	}
}

func TestSeveralParametersListTheMissingOnes(t *testing.T) {
	t.Parallel()
	c := start(t)
	put(t, c.parameters, "/b", "2")
	put(t, c.parameters, "/a", "1")
	status, out := c.ask(t, "GetParameters", `{"Names":["/b","/none","/a"]}`)
	text, _ := json.Marshal(out["InvalidParameters"])
	if list, _ := out["Parameters"].([]any); status != 200 || len(list) != 2 || string(text) != `["/none"]` {
		t.Errorf("got %d %v", status, out)
	}
	if status, out := c.ask(t, "GetParameters", `{"Names":[]}`); status != 400 || out["__type"] != "ValidationException" {
		t.Errorf("got %d %v", status, out)
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

func TestAParameterNeedsAValue(t *testing.T) {
	t.Parallel()
	if err := NewParameters().Put(Parameter{Name: "/empty"}); err == nil {
		t.Error("a parameter without a value was accepted")
	}
}
