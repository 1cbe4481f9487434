// Package bundle works on cloud assemblies as files: it takes the stacks of a phase out of one, keeps them in a zip
// file with all their assets, and composes an assembly of several such parts.
package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Assembly is a cloud assembly in a folder.
type Assembly struct {
	// Dir is the absolute folder.
	Dir string
	// version and minimum are the versions of the assembly's schema and of the oldest CDK CLI that reads it.
	version, minimum string
	artifacts        map[string]artifact
}

// manifest is manifest.json.
//
// Source: https://github.com/cdklabs/cloud-assembly-schema (AssemblyManifest)
type manifest struct {
	Version           string              `json:"version"`
	MinimumCLIVersion string              `json:"minimumCliVersion,omitempty"`
	Artifacts         map[string]artifact `json:"artifacts"`
}

type artifact struct {
	Type         string         `json:"type"`
	Environment  string         `json:"environment,omitempty"`
	Properties   map[string]any `json:"properties,omitempty"`
	Dependencies []string       `json:"dependencies,omitempty"`
	Metadata     any            `json:"metadata,omitempty"`
	MetadataFile string         `json:"additionalMetadataFile,omitempty"`
	DisplayName  string         `json:"displayName,omitempty"`
}

const (
	stackType  = "aws:cloudformation:stack"
	assetsType = "cdk:asset-manifest"
)

func (a artifact) text(property string) string {
	text, _ := a.Properties[property].(string)
	return text
}

// Open reads the assembly in a folder.
func Open(dir string) (Assembly, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Assembly{}, fmt.Errorf("find the assembly: %w", err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) {
		return Assembly{}, fmt.Errorf("there is no cloud assembly in %s: synthesize it first, `make deploy` does", dir)
	}
	if err != nil {
		return Assembly{}, fmt.Errorf("read the assembly: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Assembly{}, fmt.Errorf("%s is not what CDK writes: %w", filepath.Join(dir, "manifest.json"), err)
	}
	return Assembly{Dir: dir, version: m.Version, minimum: m.MinimumCLIVersion, artifacts: m.Artifacts}, nil
}

// Stacks are the names of the assembly's stacks, sorted.
func (a Assembly) Stacks() []string {
	var names []string
	for id := range a.stacks() {
		names = append(names, id)
	}
	slices.Sort(names)
	return names
}

// stacks are the artifacts that are stacks. Ours are called as their artifacts are.
func (a Assembly) stacks() map[string]artifact {
	found := maps.Clone(a.artifacts)
	maps.DeleteFunc(found, func(_ string, x artifact) bool { return x.Type != stackType })
	return found
}

// BootstrapVersion is the least version of the bootstrap stack that the assembly can be deployed with.
func (a Assembly) BootstrapVersion() int {
	least := 0
	for _, x := range a.artifacts {
		if v, ok := x.Properties["requiresBootstrapStackVersion"].(float64); ok {
			least = max(least, int(v))
		}
	}
	return least
}

// Template reads the template of a stack.
func (a Assembly) Template(stack string) ([]byte, error) {
	x, ok := a.stacks()[stack]
	if !ok {
		return nil, fmt.Errorf("the assembly in %s has no stack %s", a.Dir, stack)
	}
	b, err := os.ReadFile(filepath.Join(a.Dir, x.text("templateFile")))
	if err != nil {
		return nil, fmt.Errorf("read the template of %s: %w", stack, err)
	}
	return b, nil
}

// Parameters are the names of the values that may be given to a stack, sorted. Those that CloudFormation reads from
// Parameter Store are none.
func (a Assembly) Parameters(stack string) ([]string, error) {
	b, err := a.Template(stack)
	if err != nil {
		return nil, err
	}
	var t struct {
		Parameters map[string]struct{ Type string }
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("the template of %s: %w", stack, err)
	}
	var names []string
	for name, p := range t.Parameters {
		if p.Type == "String" || p.Type == "Number" || p.Type == "CommaDelimitedList" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Hash is equal for two assemblies that deploy the same to the stacks: it covers their templates, their tags and what
// else the assembly says of them, and the names of their assets, which are named by their content. It has 12
// hexadecimal digits.
func (a Assembly) Hash(stacks []string) (string, error) {
	h := sha256.New()
	for _, stack := range stacks {
		b, err := a.Template(stack)
		if err != nil {
			return "", err
		}
		said, err := json.Marshal(a.artifacts[stack].Properties)
		if err != nil {
			return "", fmt.Errorf("what the assembly says of %s: %w", stack, err)
		}
		h.Write(fmt.Appendf(nil, "%s %d %d\n", stack, len(b), len(said)))
		h.Write(b)
		h.Write(said)
		files, err := a.assets(stack)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			h.Write([]byte(f + "\n"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:12], nil
}

// assets are the paths, relative to the assembly, of the files and folders that a stack uploads, sorted.
func (a Assembly) assets(stack string) ([]string, error) {
	var paths []string
	for _, id := range a.artifacts[stack].Dependencies {
		x := a.artifacts[id]
		if x.Type != assetsType {
			continue
		}
		b, err := os.ReadFile(filepath.Join(a.Dir, x.text("file")))
		if err != nil {
			return nil, fmt.Errorf("read the assets of %s: %w", stack, err)
		}
		var m struct {
			Files map[string]struct {
				Source struct{ Path string } `json:"source"`
			} `json:"files"`
		}
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, fmt.Errorf("the assets of %s: %w", stack, err)
		}
		for _, f := range m.Files {
			paths = append(paths, f.Source.Path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}
