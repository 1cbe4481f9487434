// Package assembly reads a synthesized CDK cloud assembly and evaluates its CloudFormation templates: parameters,
// conditions, intrinsic functions and dynamic references, by CloudFormation's documented rules.
//
// What it cannot evaluate is an error that names the function, the stack and the logical id; nothing is guessed.
package assembly

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Assembly is a cloud assembly with the assemblies nested in it.
type Assembly struct {
	// Dir is the absolute folder.
	Dir string
	// Stacks are in an order in which each comes after those it depends on.
	Stacks []*Stack
	assets map[location]Asset
}

// Stack is one stack of an assembly.
type Stack struct {
	Name     string
	Template Template
	// Parameters are the values that the assembly itself gives to the template's parameters.
	Parameters map[string]string
	assembly   *Assembly
}

// manifest is the part of manifest.json that a deployment needs.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/deploy.html (cloud-assembly-schema, ArtifactManifest)
type manifest struct {
	Artifacts map[string]artifact `json:"artifacts"`
}

type artifact struct {
	Type         string   `json:"type"`
	Dependencies []string `json:"dependencies"`
	Properties   struct {
		TemplateFile  string            `json:"templateFile"`
		StackName     string            `json:"stackName"`
		Parameters    map[string]string `json:"parameters"`
		File          string            `json:"file"`
		DirectoryName string            `json:"directoryName"`
	} `json:"properties"`
}

const (
	stackArtifact  = "aws:cloudformation:stack"
	assetArtifact  = "cdk:asset-manifest"
	nestedArtifact = "cdk:cloud-assembly"
)

// Load reads the assembly in dir. The error says what to do when dir holds none.
func Load(dir string) (*Assembly, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the assembly: %w", err)
	}
	a := &Assembly{Dir: dir, assets: map[location]Asset{}}
	if err := a.load(dir); err != nil {
		return nil, err
	}
	if len(a.Stacks) == 0 {
		return nil, fmt.Errorf("the assembly in %s has no stack; synthesize it again", dir)
	}
	return a, nil
}

func (a *Assembly) load(dir string) error {
	var m manifest
	err := readJSON(filepath.Join(dir, "manifest.json"), &m)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no cloud assembly in %s (no manifest.json); synthesize it first", dir)
	}
	if err != nil {
		return err
	}
	order, err := sorted(m.Artifacts, func(id string) []string { return m.Artifacts[id].Dependencies })
	if err != nil {
		return fmt.Errorf("the artifacts of %s: %w", dir, err)
	}
	for _, id := range order {
		if err := a.loadArtifact(dir, id, m.Artifacts[id]); err != nil {
			return err
		}
	}
	return nil
}

func (a *Assembly) loadArtifact(dir, id string, art artifact) error {
	switch art.Type {
	case stackArtifact:
		s := &Stack{Name: art.Properties.StackName, Parameters: art.Properties.Parameters, assembly: a}
		if s.Name == "" {
			s.Name = id
		}
		if err := readJSON(filepath.Join(dir, art.Properties.TemplateFile), &s.Template); err != nil {
			return err
		}
		for logicalID, r := range s.Template.Resources {
			r.LogicalID, r.Stack = logicalID, s.Name
		}
		a.Stacks = append(a.Stacks, s)
	case assetArtifact:
		return a.loadAssets(dir, art.Properties.File)
	case nestedArtifact:
		return a.load(filepath.Join(dir, art.Properties.DirectoryName))
	}
	return nil
}

func readJSON(file string, into any) error {
	b, err := os.ReadFile(file) //nolint:gosec // a file of the assembly that the caller named
	if err != nil {
		return fmt.Errorf("read the assembly: %w", err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s is not what CDK writes: %w", file, err)
	}
	return nil
}

// Fingerprint is equal for two assemblies that deploy the same: it covers every manifest and template, and these name
// their assets by content.
func Fingerprint(dir string) (string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), "asset."):
			return filepath.SkipDir
		case d.Name() == "manifest.json" || strings.HasSuffix(path, ".template.json") || strings.HasSuffix(path, ".assets.json"):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read the assembly: %w", err)
	}
	h := sha256.New()
	for _, f := range files {
		if err := addFile(h, dir, f); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func addFile(h io.Writer, dir, file string) error {
	b, err := os.ReadFile(file) //nolint:gosec // found below the assembly
	if err != nil {
		return fmt.Errorf("read the assembly: %w", err)
	}
	name, _ := filepath.Rel(dir, file)
	_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(b), b) // a hash takes every write
	return nil
}

// sorted gives the keys of nodes, each after those it needs, in the same order every time. Needs that are not nodes
// are left out.
func sorted[N any](nodes map[string]N, needs func(string) []string) ([]string, error) {
	var order, path []string
	state := map[string]int{} // 0 unseen, 1 on the path, 2 done
	var visit func(string) error
	visit = func(id string) error {
		switch state[id] {
		case 1:
			circle := append(slices.Clone(path[slices.Index(path, id):]), id)
			return fmt.Errorf("circular dependency: %s", strings.Join(circle, " -> "))
		case 2:
			return nil
		}
		state[id] = 1
		path = append(path, id)
		for _, n := range slices.Sorted(slices.Values(needs(id))) {
			if _, ok := nodes[n]; ok {
				if err := visit(n); err != nil {
					return err
				}
			}
		}
		path = path[:len(path)-1]
		state[id] = 2
		order = append(order, id)
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	return order, nil
}
