package awsapi

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Parameters is a Parameter Store. Its content is that of the deployed templates, so it is not kept from one run to the
// next.
type Parameters struct {
	mu  sync.Mutex
	all map[string]Parameter // by name
}

// Parameter is an AWS::SSM::Parameter and the answer of GetParameter.
type Parameter struct {
	Name             string
	Type             string // String or StringList
	Value            string
	ARN              string
	Version          int
	LastModifiedDate int64 // seconds since 1970
	DataType         string
	Selector         string `json:",omitempty"` // the version that was asked for, such as :1
}

// parameterName allows a path from the root or one word.
//
// Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html
var parameterName = regexp.MustCompile(`^(?:[\w.-]+|(?:/[\w.-]+)+)$`)

const parameterNameRule = `Parameter name: if formed as a path, it begins with a slash and can consist of sub-paths divided by slash symbol; ` +
	`each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`

// NewParameters is an empty store.
func NewParameters() *Parameters { return &Parameters{all: map[string]Parameter{}} }

// Put stores a new parameter by its Name, Type, Value and ARN; the rest is set here.
func (p *Parameters) Put(in Parameter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch _, exists := p.all[in.Name]; {
	case exists:
		return fmt.Errorf("parameter %s already exists", in.Name)
	case !parameterName.MatchString(in.Name):
		return fmt.Errorf("parameter %q: %s", in.Name, parameterNameRule)
	case in.Value == "" || in.Type != "String" && in.Type != "StringList":
		return fmt.Errorf("parameter %s: it needs a Value, and the Type String or StringList", in.Name)
	}
	in.Version, in.LastModifiedDate, in.DataType = 1, time.Now().Unix(), "text"
	p.all[in.Name] = in
	return nil
}

// Value returns the parameter's value, and false when there is none.
func (p *Parameters) Value(name string) (string, bool) {
	found, err := p.find(name)
	return found.Value, err == nil
}

// find accepts a name or an ARN, with or without the version; there is no other than the first.
func (p *Parameters) find(id string) (Parameter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, found := range p.all {
		for _, name := range []string{found.Name, found.ARN} {
			selector, ok := strings.CutPrefix(id, name)
			if !ok || selector != "" && selector[0] != ':' {
				continue
			}
			if selector != "" && selector != ":1" {
				return Parameter{}, failed(http.StatusBadRequest, "ParameterVersionNotFound",
					"Systems Manager could not find version %s of %s.", selector[1:], name)
			}
			found.Selector = selector
			return found, nil
		}
	}
	if name, _, _ := strings.Cut(id, ":"); !parameterName.MatchString(name) {
		return Parameter{}, failed(http.StatusBadRequest, "ValidationException", parameterNameRule)
	}
	return Parameter{}, failed(http.StatusBadRequest, "ParameterNotFound", "") // AWS says no more
}

func (p *Parameters) operations() map[string]operation {
	return map[string]operation{
		"AmazonSSM.GetParameter":        decode(p.getOne),
		"AmazonSSM.GetParameters":       decode(p.getMany),
		"AmazonSSM.GetParametersByPath": decode(p.getByPath),
	}
}

func (p *Parameters) getOne(in struct{ Name string }) (any, error) {
	found, err := p.find(in.Name)
	return map[string]any{"Parameter": found}, err
}

// getMany returns what exists and lists the names that do not.
func (p *Parameters) getMany(in struct{ Names []string }) (any, error) {
	if len(in.Names) == 0 || len(in.Names) > maxParameters {
		return nil, failed(http.StatusBadRequest, "ValidationException", "give 1 to %d names", maxParameters)
	}
	slices.Sort(in.Names)
	list, invalid := []Parameter{}, []string{}
	for _, name := range slices.Compact(in.Names) {
		if one, err := p.find(name); err == nil {
			list = append(list, one)
		} else {
			invalid = append(invalid, name)
		}
	}
	return map[string]any{"Parameters": list, "InvalidParameters": invalid}, nil
}

// maxParameters is how many one answer has at most.
const maxParameters = 10

type byPathInput struct {
	Path             string
	Recursive        bool
	MaxResults       int
	NextToken        string // name of the first parameter
	ParameterFilters []any
}

// getByPath returns what is below a path, in pages.
func (p *Parameters) getByPath(in byPathInput) (any, error) {
	if in.MaxResults == 0 {
		in.MaxResults = maxParameters
	}
	switch {
	case !strings.HasPrefix(in.Path, "/"):
		return nil, failed(http.StatusBadRequest, "ValidationException", "The path %q must begin with a forward slash.", in.Path)
	case in.MaxResults < 1 || in.MaxResults > maxParameters:
		return nil, failed(http.StatusBadRequest, "ValidationException", "MaxResults must be 1 to %d.", maxParameters)
	case len(in.ParameterFilters) > 0:
		return nil, failed(http.StatusBadRequest, "ValidationException", "ParameterFilters are not served locally")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []Parameter{}
	for _, name := range slices.Sorted(maps.Keys(p.all)) {
		rest, below := strings.CutPrefix("/"+strings.TrimPrefix(name, "/"), strings.TrimSuffix(in.Path, "/")+"/")
		if !below || !in.Recursive && strings.Contains(rest, "/") || name < in.NextToken {
			continue
		}
		if len(list) == in.MaxResults {
			return map[string]any{"Parameters": list, "NextToken": name}, nil
		}
		list = append(list, p.all[name])
	}
	return map[string]any{"Parameters": list}, nil
}
