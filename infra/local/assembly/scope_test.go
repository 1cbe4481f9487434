package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var here = Environment{Account: "000000000000", Region: "us-east-1"}

// store answers for the parameter store and Secrets Manager.
var store = Lookup{
	Parameter: func(name string) (string, error) {
		if v, ok := map[string]string{"/a": "from-store", "/list": "x, y"}[name]; ok {
			return v, nil
		}
		return "", fmt.Errorf("no parameter %s", name)
	},
	Secret: func(id, stage, version string) (string, error) {
		if stage+version != "" {
			return id + "/" + stage + "/" + version, nil
		}
		return map[string]string{
			"db": `{"username":"admin","port":5432}`, "plain": "text",
			"arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf": `{"username":"by-arn"}`,
		}[id], nil
	},
	Export: func(name string) (string, error) {
		if name == "Test-Vpc" {
			return "vpc-1", nil
		}
		return "", fmt.Errorf("no export %s", name)
	},
}

func stackOf(t *testing.T, template string) *Stack {
	t.Helper()
	s := &Stack{Name: "Test"}
	if err := json.Unmarshal([]byte(template), &s.Template); err != nil {
		t.Fatal(err)
	}
	for id, r := range s.Template.Resources {
		r.LogicalID, r.Stack = id, s.Name
	}
	return s
}

// scopeOf settles a template in which the resource Made exists already.
func scopeOf(t *testing.T, template string, overrides map[string]string) (*Scope, error) {
	t.Helper()
	s := stackOf(t, template)
	scope, err := NewScope(s, here, store, overrides)
	if err != nil {
		return nil, err
	}
	if r := s.Template.Resources["Made"]; r != nil {
		scope.Created(r, Values{Ref: "made-id", Attributes: map[string]any{"Arn": "arn:made", "Endpoint.Port": "5432", "Blocks": []any{"2600:1f18::/56"}}})
	}
	return scope, nil
}

const declarations = `
	"Parameters": {
		"Text": {"Type": "String", "Default": "text"}, "Number": {"Type": "Number", "Default": 7}, "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
		"Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"},
		"StoredList": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/list"}
	},
	"Mappings": {"Sizes": {"local": {"db": "small", "count": 2, "deep": {"a": "b"}}}},
	"Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
	"Resources": {
		"Made": {"Type": "AWS::X::Made"},
		"Absent": {"Type": "AWS::X::Absent", "Condition": "No"},
		"R": {"Type": %q, "Properties": {"V": %s}}
	}`

// evaluate gives the property V of a resource R.
func evaluate(t *testing.T, kind, expression string) (any, error) {
	t.Helper()
	scope, err := scopeOf(t, "{"+fmt.Sprintf(declarations, kind, expression)+"}", nil)
	if err != nil {
		return nil, err
	}
	p, err := scope.Properties(scope.stack.Template.Resources["R"])
	return p["V"], err
}

func TestIntrinsicFunctions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`{"Ref": "Text"}`:                                               `"text"`,
		`{"Ref": "Number"}`:                                             `"7"`,
		`{"Ref": "List"}`:                                               `["a","b"]`,
		`{"Ref": "Stored"}`:                                             `"from-store"`,
		`{"Ref": "StoredList"}`:                                         `["x","y"]`,
		`{"Ref": "Made"}`:                                               `"made-id"`,
		`{"Ref": "AWS::Region"}`:                                        `"us-east-1"`,
		`{"Ref": "AWS::AccountId"}`:                                     `"000000000000"`,
		`{"Ref": "AWS::Partition"}`:                                     `"aws"`,
		`{"Ref": "AWS::URLSuffix"}`:                                     `"amazonaws.com"`,
		`{"Ref": "AWS::StackName"}`:                                     `"Test"`,
		`{"Ref": "AWS::NotificationARNs"}`:                              `[]`,
		`{"a": {"Ref": "AWS::NoValue"}}`:                                `{}`,
		`["a", {"Ref": "AWS::NoValue"}]`:                                `["a"]`,
		`{"Fn::GetAtt": ["Made", "Arn"]}`:                               `"arn:made"`,
		`{"Fn::GetAtt": "Made.Arn"}`:                                    `"arn:made"`,
		`{"Fn::GetAtt": ["Made", "Endpoint.Port"]}`:                     `"5432"`,
		`{"Fn::GetAtt": "Made.Endpoint.Port"}`:                          `"5432"`,
		`{"Fn::Join": ["-", ["a", {"Ref": "Text"}, 3, true]]}`:          `"a-text-3-true"`,
		`{"Fn::Join": [",", {"Ref": "List"}]}`:                          `"a,b"`,
		`{"Fn::Join": ["", ["a", {"Ref": "AWS::NoValue"}]]}`:            `"a"`,
		`{"Fn::Sub": "${Text}/${Made.Arn}/${AWS::Region}/${!Literal}"}`: `"text/arn:made/us-east-1/${Literal}"`,
		`{"Fn::Sub": ["${A}-${Text}", {"A": {"Ref": "Number"}}]}`:       `"7-text"`,
		`{"Fn::Select": [1, ["a", "b"]]}`:                               `"b"`,
		`{"Fn::Select": ["0", {"Fn::Split": ["/", "x/y"]}]}`:            `"x"`,
		`{"Fn::Split": [",", "a,,b"]}`:                                  `["a","","b"]`,
		`{"Fn::FindInMap": ["Sizes", "local", "db"]}`:                   `"small"`,
		`{"Fn::FindInMap": ["Sizes", "local", "count"]}`:                `2`,
		`{"Fn::GetAZs": ""}`:                                            `["us-east-1a","us-east-1b","us-east-1c"]`,
		`{"Fn::GetAZs": {"Ref": "AWS::Region"}}`:                        `["us-east-1a","us-east-1b","us-east-1c"]`,
		`{"Fn::If": ["Yes", 1, {"Ref": "Absent"}]}`:                     `1`,
		`{"Fn::If": ["No", 1, {"Ref": "Text"}]}`:                        `"text"`,
		`{"x": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}}`:         `{}`,
		`{"Fn::Base64": {"Ref": "Text"}}`:                               `"dGV4dA=="`,
		`{"Fn::Cidr": ["10.0.0.0/16", 2, 8]}`:                           `["10.0.0.0/24","10.0.1.0/24"]`,
		`{"Fn::Select": [1, {"Fn::Cidr": [{"Fn::Select": [0, {"Fn::GetAtt": "Made.Blocks"}]}, 2, "64"]}]}`: `"2600:1f18:0:1::/64"`,
		`{"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-Vpc"}}`:                                        `"vpc-1"`,
		`{"Fn::Sub": ["${A}${!B}", {"A": "${!C}"}]}`:                                                       `"${!C}${B}"`,
		`{"Fn::Join": ["", [{"Ref": "AWS::NoValue"}]]}`:                                                    `""`,
		`{"Fn::If": ["No", {"Fn::If": ["Perhaps", 1, 2]}, {"Fn::If": ["Yes", 3, 4]}]}`:                     `3`,
		`{"Condition": "Yes"}`:                                    `{"Condition":"Yes"}`,
		`"{{resolve:ssm:/a}}"`:                                    `"from-store"`,
		`"x{{resolve:ssm:/a:3}}y"`:                                `"xfrom-storey"`,
		`"{{resolve:secretsmanager:db}}"`:                         `"{\"username\":\"admin\",\"port\":5432}"`,
		`"{{resolve:secretsmanager:db:SecretString:username::}}"`: `"admin"`,
		`"{{resolve:secretsmanager:db:SecretString:port}}"`:       `"5432"`,
		`{"Fn::Join": ["", ["{{resolve:secretsmanager:", "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf", ":SecretString:username::}}"]]}`: `"by-arn"`,
		`"{{resolve:secretsmanager:db:SecretString::AWSPREVIOUS}}"`:                                                                                         `"db/AWSPREVIOUS/"`,
		`1e21`: `1e21`,
	} {
		v, err := evaluate(t, "AWS::X::R", expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		b, err := json.Marshal(v)
		if err != nil || string(b) != want {
			t.Errorf("%s is %s, want %s", expression, b, want)
		}
	}
}

func TestWhatCannotBeEvaluatedIsNamedWithItsStackAndLogicalID(t *testing.T) {
	t.Parallel()
	for expression, part := range map[string]string{
		`{"Fn::Transform": {"Name": "x"}}`:                  "Fn::Transform: the local cloud does not know this intrinsic function",
		`{"a": [{"Fn::Magic": 1}]}`:                         "Fn::Magic",
		`{"Fn::ImportValue": "other"}`:                      "Fn::ImportValue: no export other",
		`{"Fn::Join": [",", ["a", {"Ref": "List"}]]}`:       `["a","b"] must be a string`,
		`{"Fn::Join": [",", ["a"], "b"]}`:                   "a list of 2",
		`{"Fn::Sub": "${List}"}`:                            "must be a string",
		`{"Fn::Sub": "${VAR:-default}"}`:                    "write ${!…}",
		`{"Fn::Base64": {"a": "b"}}`:                        "must be a string",
		`{"a": null}`:                                       "null is not allowed",
		`{"Fn::Equals": ["a", "a"]}`:                        "does not know this intrinsic function",
		`{"Fn::FindInMap": ["Sizes", "local", "deep"]}`:     "must be a string or a list",
		`{"Fn::GetAtt": ["Made", "Color"]}`:                 "no attribute Color of stack Test, resource Made (AWS::X::Made)",
		`{"Fn::GetAtt": "Made"}`:                            "Fn::GetAtt: it takes a logical id and an attribute",
		`{"Ref": "Nobody"}`:                                 "no parameter or resource Nobody",
		`{"Ref": "Absent"}`:                                 "condition No is false",
		`{"Ref": "R"}`:                                      "cannot be referred to",
		`{"Fn::Sub": "${Nobody}"}`:                          "no parameter or resource Nobody",
		`{"Fn::Select": [2, ["a"]]}`:                        "outside a list of 1",
		`{"Fn::Join": "x"}`:                                 "must be a list",
		`{"Fn::FindInMap": ["Sizes", "prod", "db"]}`:        "mapping Sizes has no entry prod, db",
		`{"Fn::If": ["Perhaps", 1, 2]}`:                     "no condition Perhaps",
		`{"Fn::Join": ["", ["a"]], "Other": 1}`:             "must be the only key",
		`{"Fn::Cidr": ["10.0.0.0/30", 8, 8]}`:               "no room",
		`{"Fn::Cidr": ["ten", 8, 8]}`:                       "not an address block",
		`"{{resolve:ssm:/none}}"`:                           "no parameter /none",
		`"{{resolve:vault:x}}"`:                             "does not resolve references to vault",
		`"{{resolve:ssm-secure:x}}"`:                        "ssm-secure",
		`"{{resolve:secretsmanager:db:SecretString:x}}"`:    "no key x",
		`"{{resolve:secretsmanager:plain:SecretString:x}}"`: "not a JSON object",
		`"{{resolve:secretsmanager:db:SecretBinary}}"`:      "secret-id:SecretString",
	} {
		_, err := evaluate(t, "AWS::X::R", expression)
		if err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "stack Test, resource R (AWS::X::R)") {
			t.Errorf("%s: error is %v, want one with %q", expression, err, part)
		}
	}
}

func TestACustomResourceCannotHoldAReferenceToASecret(t *testing.T) {
	t.Parallel()
	if _, err := evaluate(t, "Custom::R", `"{{resolve:secretsmanager:db}}"`); err == nil || !strings.Contains(err.Error(), "ARN") {
		t.Errorf("error is %v", err)
	}
	if v, err := evaluate(t, "Custom::R", `"{{resolve:ssm:/a}}"`); err != nil || v != "from-store" {
		t.Errorf("a parameter gives %v, %v", v, err)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	const template = `{"Parameters": {"Url": {"Type": "String", "Default": "https://a"}, "Size": {"Type": "String", "AllowedValues": ["s", "m"], "Default": "s"}}}`
	scope, err := scopeOf(t, template, map[string]string{"Url": "http://b", "Undeclared": "x"})
	if err != nil || scope.parameters["Url"] != "http://b" {
		t.Errorf("override gives %v, %v", scope, err)
	}
	for parameter, part := range map[string]string{
		`{"Type": "String"}`: "it has neither",
		`{"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/none"}`:              "no parameter /none",
		`{"Type": "AWS::SSM::Parameter::Name", "Default": "/none"}`:                       "no parameter /none",
		`{"Type": "String", "AllowedValues": ["s", "m"], "Default": "xl"}`:                `"xl" is not an allowed value`,
		`{"Type": "CommaDelimitedList", "AllowedValues": ["s", "m"], "Default": "s, xl"}`: `"xl" is not an allowed value`,
		`{"Type": "String", "AllowedPattern": "[a-z]+", "Default": "abc1"}`:               `"abc1" does not match [a-z]+`,
		`{"Type": "String", "AllowedPattern": "(?=a)", "Default": "a"}`:                   "cannot read AllowedPattern",
		`{"Type": "String", "MinLength": 2, "Default": "é"}`:                              "under the minimum 2",
		`{"Type": "String", "MaxLength": "2", "Default": "abc"}`:                          "over the maximum 2",
		`{"Type": "Number", "Default": "many"}`:                                           `"many" is not a number`,
		`{"Type": "Number", "MinValue": 1, "Default": 0}`:                                 "under the minimum 1",
		`{"Type": "List<Number>", "MaxValue": 9, "Default": "1, 10"}`:                     `"10" is over the maximum 9`,
	} {
		if _, err := scopeOf(t, `{"Parameters": {"P": `+parameter+`}}`, nil); err == nil || !strings.Contains(err.Error(), "stack Test: parameter P: ") || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v, want one with %q", parameter, err, part)
		}
	}
	for parameter, want := range map[string]any{
		`{"Type": "AWS::SSM::Parameter::Name", "Default": "/a"}`:                                                        "/a",
		`{"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]", "MinLength": 1, "Default": "a , b"}`:                 []any{"a", "b"},
		`{"Type": "String", "AllowedPattern": "[a-z]*", "MinLength": 0, "MaxLength": 3, "Default": "", "NoEcho": true}`: "",
		`{"Type": "Number", "MinValue": 1, "MaxValue": 2.5, "Default": 2.5}`:                                            "2.5",
	} {
		if scope, err := scopeOf(t, `{"Parameters": {"P": `+parameter+`}}`, nil); err != nil || !reflect.DeepEqual(scope.parameters["P"], want) {
			t.Errorf("%s: error %v", parameter, err)
		}
	}
}

func TestACustomResourceGetsText(t *testing.T) {
	t.Parallel()
	v, err := evaluate(t, "Custom::R", `{"n": 12345678901234567890, "list": [true, 1.50]}`)
	if err != nil || !reflect.DeepEqual(v, map[string]any{"n": "12345678901234567890", "list": []any{"true", "1.50"}}) {
		t.Errorf("properties are %v, %v", v, err)
	}
}

func TestWhatIsNoTemplateIsRefused(t *testing.T) {
	t.Parallel()
	for template, part := range map[string]string{
		`{"Resource": {}}`: `"Resource"`,
		`{"Resources": {"R": {"Type": "T", "DependOn": "A"}}}`:                                        `"DependOn"`,
		`{"Outputs": {"O": {"Values": 1}}}`:                                                           `"Values"`,
		`{"Mappings": {"M": {"a": "b"}}}`:                                                             "Mappings",
		`{"Resources": {"R": {"Properties": {}}}}`:                                                    "resource R has no Type",
		`{"Resources": {"R": null}}`:                                                                  "resource R has no Type",
		`{"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["I", ["a"], {}]}}`: "does not carry out the transform AWS::LanguageExtensions",
	} {
		if err := json.Unmarshal([]byte(template), &Template{}); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v, want one with %q", template, err, part)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		`{"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}`:                       true,
		`{"Fn::Equals": ["1", 1]}`:                                                    true,
		`{"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}`:                                   false,
		`{"Fn::And": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}`:       false,
		`{"Fn::Or": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}`:        true,
		`{"Fn::Or": [{"Condition": "Other"}, {"Fn::Not": [{"Condition": "Other"}]}]}`: true,
		`{"Fn::And": [{"Condition": "Other"}, {"Condition": "Other"}]}`:               true,
	} {
		scope, err := scopeOf(t, `{"Conditions": {"C": `+expression+`, "Other": {"Fn::Equals": ["x", "x"]}}}`, nil)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got := scope.condition("C"); got != want {
			t.Errorf("%s is %v", expression, got)
		}
	}
}

func TestBadConditionsAreRefused(t *testing.T) {
	t.Parallel()
	for expression, part := range map[string]string{
		`{"Condition": "C"}`:                    "refers to itself",
		`{"Condition": "D"}`:                    "no condition D",
		`{"Fn::Not": []}`:                       "1 to 1",
		`{"Fn::If": ["C", 1, 2]}`:               "is not Fn::And",
		`{"Fn::Xor": []}`:                       "Fn::Xor",
		`{"Fn::Equals": ["a"]}`:                 "a list of 2 to 2",
		`{"Fn::And": []}`:                       "2 to 10",
		`"true"`:                                "true is not Fn::And",
		`{"Fn::Equals": [{"Ref": "Made"}, ""]}`: "cannot be referred to here",
	} {
		_, err := scopeOf(t, `{"Conditions": {"C": `+expression+`}, "Resources": {"Made": {"Type": "T"}}}`, nil)
		if err == nil || !strings.Contains(err.Error(), "stack Test: condition C") || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v, want one with %q", expression, err, part)
		}
	}
}

func TestOnlyCDKsOwnRuleIsKnown(t *testing.T) {
	t.Parallel()
	if _, err := scopeOf(t, `{"Rules": {"CheckBootstrapVersion": {"Assertions": []}}, "Resources": {}}`, nil); err != nil {
		t.Error(err)
	}
	if _, err := scopeOf(t, `{"Rules": {"Mine": {"Assertions": []}}, "Resources": {}}`, nil); err == nil || !strings.Contains(err.Error(), "stack Test: the local cloud does not check the rule Mine") {
		t.Errorf("error is %v", err)
	}
}

func TestOutputsAreExportedUnderTheirNames(t *testing.T) {
	t.Parallel()
	scope, err := scopeOf(t, `{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": {"Made": {"Type": "T"}},
		"Outputs": {"Id": {"Value": {"Ref": "Made"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-Id"}}}, "Own": {"Value": 1},
			"None": {"Condition": "No", "Value": {"Ref": "Nobody"}}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := scope.Exports(); err != nil || !reflect.DeepEqual(out, map[string]string{"Test-Id": "made-id"}) {
		t.Errorf("exports are %v, %v", out, err)
	}
	for value, part := range map[string]string{`["a"]`: "must be a string", `{"Ref": "Nobody"}`: "there is no parameter or resource Nobody", "null": "null is not allowed"} {
		scope, err := scopeOf(t, `{"Outputs": {"O": {"Value": `+value+`}}}`, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scope.Exports(); err == nil || !strings.Contains(err.Error(), "stack Test, output O: ") || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v, want one with %q", value, err, part)
		}
	}
}

func orderOf(t *testing.T, resources string) (string, error) {
	t.Helper()
	scope, err := scopeOf(t, `{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": `+resources+`}`, nil)
	if err != nil {
		return "", err
	}
	list, err := scope.Resources()
	var ids []string
	for _, r := range list {
		ids = append(ids, r.LogicalID)
	}
	return strings.Join(ids, " "), err
}

func TestResourcesComeAfterWhatTheyNeed(t *testing.T) {
	t.Parallel()
	got, err := orderOf(t, `{
		"A": {"Type": "T", "Properties": {"x": [{"Ref": "E"}]}},
		"B": {"Type": "T", "Properties": {"x": {"Fn::GetAtt": "A.Arn"}}},
		"C": {"Type": "T", "DependsOn": "F"},
		"D": {"Type": "T", "DependsOn": ["Z"], "Properties": {"x": {"Fn::Sub": "${C.Arn}"}}},
		"E": {"Type": "T", "Properties": {"x": {"Fn::Sub": ["${v}", {"v": {"Fn::GetAtt": ["D", "Arn"]}}]}}},
		"F": {"Type": "T"}, "G": {"Type": "T", "Condition": "No"}, "Z": {"Type": "T"}}`)
	if want := "F C Z D E A B"; err != nil || got != want {
		t.Errorf("order is %q, %v, want %q", got, err, want)
	}
}

func TestOnlyWhatAConditionChoosesIsNeeded(t *testing.T) {
	t.Parallel()
	got, err := orderOf(t, `{"A": {"Type": "T", "Properties": {"x": {"Fn::If": ["No", {"Ref": "B"}, 1]}}}, "B": {"Type": "T", "Properties": {"x": {"Ref": "A"}}}}`)
	if err != nil || got != "A B" {
		t.Errorf("order is %q, %v", got, err)
	}
	for _, value := range []string{`{"Fn::If": ["No", {"Ref": "Nobody"}, 1]}`, `{"Fn::GetAtt": "Nobody.Arn"}`, `{"Fn::Sub": ["${a}${Nobody}", {"a": 1}]}`} {
		if _, err := orderOf(t, `{"A": {"Type": "T", "Properties": {"x": `+value+`}}}`); err == nil || !strings.Contains(err.Error(), "resource A (T): there is no parameter or resource Nobody") {
			t.Errorf("%s: error is %v", value, err)
		}
	}
}

func TestACircleIsReportedWithItsMembers(t *testing.T) {
	t.Parallel()
	_, err := orderOf(t, `{"A": {"Type": "T", "Properties": {"x": {"Ref": "B"}}}, "B": {"Type": "T", "DependsOn": "C"}, "C": {"Type": "T", "Properties": {"x": {"Ref": "A"}}}}`)
	if err == nil || !strings.Contains(err.Error(), "stack Test: circular dependency: A -> B -> C -> A") {
		t.Errorf("error is %v", err)
	}
	if _, err := orderOf(t, `{"A": {"Type": "T", "DependsOn": "Gone"}}`); err == nil || !strings.Contains(err.Error(), "resource A (T): it depends on Gone") {
		t.Errorf("error is %v", err)
	}
}

func TestALookupThatFailsIsWrapped(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk full")
	s := stackOf(t, `{"Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"}}}`)
	_, err := NewScope(s, here, Lookup{Parameter: func(string) (string, error) { return "", broken }}, nil)
	if !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestArgumentsOfEveryKindAreAnsweredOrRefused(t *testing.T) {
	t.Parallel()
	names := []string{"Ref", "Condition", "Fn::Sub", "Fn::GetAtt", "Fn::If", "Fn::GetAZs", "Fn::Base64", "Fn::ImportValue"}
	names = append(append(names, slices.Collect(maps.Keys(listFunctions))...), slices.Collect(maps.Keys(conditionFunctions))...)
	for _, name := range names {
		for _, argument := range []string{`null`, `1`, `""`, `[]`, `[null]`, `[[], []]`, `["", {}]`, `[{}, "a", []]`, `{}`, `{"a": 1}`, `["Yes", null, null]`, `["-1", ["a"]]`, `["a", 1, -1]`} {
			expression := fmt.Sprintf(`{%q: %s}`, name, argument)
			v, err := evaluate(t, "Custom::R", expression)
			if err == nil && v == nil {
				t.Errorf("%s has neither a value nor an error", expression)
			}
			if _, err := scopeOf(t, `{"Conditions": {"Yes": `+expression+`}}`, nil); err == nil && name != "Fn::Equals" {
				t.Errorf("%s is a condition", expression)
			}
		}
	}
}
