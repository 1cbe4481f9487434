package awsapi

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Parameters is a Parameter Store.
type Parameters struct {
	file string
	mu   sync.Mutex
	all  map[string]*Parameter // by name
}

// Parameter is an AWS::SSM::Parameter and the answer of GetParameter.
type Parameter struct {
	Name             string
	Type             string // String or StringList
	Value            string
	ARN              string
	Version          int   // counts the changes of the value
	LastModifiedDate int64 // seconds since 1970
	DataType         string
}

// ErrNoParameter says that no parameter has the name.
var ErrNoParameter = errors.New("no such parameter")

// OpenParameters opens or creates the store in dir.
func OpenParameters(dir string) (*Parameters, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the store of parameters: %w", err)
	}
	p := &Parameters{file: filepath.Join(dir, "parameters.json"), all: map[string]*Parameter{}}
	return p, loadFile(p.file, &p.all)
}

// Put stores a parameter by its Name, Type, Value and ARN; the rest is set here. The same value again changes nothing.
func (p *Parameters) Put(in Parameter) error {
	if in.Name == "" || in.Value == "" {
		return fmt.Errorf("parameter %q: a name and a value are needed", in.Name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	in.Version, in.LastModifiedDate, in.DataType = 1, time.Now().Unix(), "text"
	if old, ok := p.all[in.Name]; ok {
		if old.Type == in.Type && old.Value == in.Value && old.ARN == in.ARN {
			return nil
		}
		in.Version = old.Version + 1
	}
	p.all[in.Name] = &in
	return saveFile(p.file, p.all)
}

// Value returns the parameter's value.
func (p *Parameters) Value(name string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.find(name); found != nil {
		return found.Value, nil
	}
	return "", fmt.Errorf("parameter %s: %w", name, ErrNoParameter)
}

// find accepts a name or an ARN.
func (p *Parameters) find(id string) *Parameter {
	if found, ok := p.all[id]; ok {
		return found
	}
	for _, found := range p.all {
		if strings.HasPrefix(id, "arn:") && found.ARN == id {
			return found
		}
	}
	return nil
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
	found := p.find(in.Name)
	if found == nil {
		return nil, failed(http.StatusBadRequest, "ParameterNotFound", "Parameter %s not found.", in.Name)
	}
	return map[string]any{"Parameter": *found}, nil
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
		if one := p.find(name); one != nil {
			found[one.Name] = *one
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
