package awsapi

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
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
}

// ErrNoParameter says that no parameter has the name.
var ErrNoParameter = errors.New("no such parameter")

// NewParameters is an empty store.
func NewParameters() *Parameters { return &Parameters{all: map[string]Parameter{}} }

// Put stores a parameter by its Name, Type, Value and ARN; the rest is set here.
func (p *Parameters) Put(in Parameter) error {
	if in.Name == "" || in.Value == "" {
		return fmt.Errorf("parameter %q: a name and a value are needed", in.Name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	in.Version, in.LastModifiedDate, in.DataType = p.all[in.Name].Version+1, time.Now().Unix(), "text"
	p.all[in.Name] = in
	return nil
}

// Value returns the parameter's value.
func (p *Parameters) Value(name string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.find(name); ok {
		return found.Value, nil
	}
	return "", fmt.Errorf("parameter %s: %w", name, ErrNoParameter)
}

// find accepts a name or an ARN.
func (p *Parameters) find(id string) (Parameter, bool) {
	for _, found := range p.all {
		if found.Name == id || found.ARN == id {
			return found, true
		}
	}
	return Parameter{}, false
}

func (p *Parameters) operations() map[string]operation {
	return map[string]operation{
		"AmazonSSM.GetParameter":  decode(p.getOne),
		"AmazonSSM.GetParameters": decode(p.getMany),
	}
}

type getParameterInput struct{ Name string }

func (p *Parameters) getOne(in getParameterInput) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.find(in.Name)
	if !ok {
		return nil, failed(http.StatusBadRequest, "ParameterNotFound", "Parameter %s not found.", in.Name)
	}
	return map[string]any{"Parameter": found}, nil
}

type getParametersInput struct{ Names []string }

// getMany returns what exists and lists the names that do not.
func (p *Parameters) getMany(in getParametersInput) (any, error) {
	if len(in.Names) == 0 || len(in.Names) > 10 {
		return nil, failed(http.StatusBadRequest, "ValidationException", "give 1 to 10 names")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, invalid := map[string]Parameter{}, []string{}
	for _, name := range in.Names {
		if one, ok := p.find(name); ok {
			found[one.Name] = one
		} else {
			invalid = append(invalid, name)
		}
	}
	list := []Parameter{}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[name])
	}
	return map[string]any{"Parameters": list, "InvalidParameters": invalid}, nil
}
