// Package assembly reads a synthesized CDK cloud assembly and evaluates its CloudFormation templates: parameters,
// conditions, intrinsic functions and dynamic references, by CloudFormation's documented rules.
//
// What it cannot evaluate is an error that names the function, the stack and the logical id; nothing is guessed.
package assembly

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Assembly is a cloud assembly with the assemblies nested in it.
type Assembly struct {
	// Stacks are in an order in which each comes after those it depends on.
	Stacks []*Stack
	// Environment is where all of them are deployed.
	Environment Environment
	assets      map[string]string // paths by bucket/key
}

// Stack is one stack of an assembly.
type Stack struct {
	Name     string
	Template Template
	// Parameters are the values that the assembly itself gives to the template's parameters.
	Parameters map[string]string
}

// manifest is the part of manifest.json that a deployment needs.
//
// Source: https://docs.aws.amazon.com/cdk/v2/guide/deploy.html (cloud-assembly-schema, ArtifactManifest)
type manifest struct {
	Artifacts map[string]artifact `json:"artifacts"`
}

type artifact struct {
	Type         string   `json:"type"`
	Environment  string   `json:"environment"` // aws://account/region, of which either may be unknown
	Dependencies []string `json:"dependencies"`
	Properties   struct {
		TemplateFile  string            `json:"templateFile"`
		StackName     string            `json:"stackName"`
		Parameters    map[string]string `json:"parameters"`
		File          string            `json:"file"`
		DirectoryName string            `json:"directoryName"`
	} `json:"properties"`
}

// Load reads the assembly in dir. The error says what to do when dir holds none.
func Load(dir string) (*Assembly, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the assembly: %w", err)
	}
	a := &Assembly{assets: map[string]string{}}
	if err := a.load(dir); err != nil {
		return nil, err
	}
	if len(a.Stacks) == 0 {
		return nil, fmt.Errorf("the assembly in %s has no stack; synthesize it again", dir)
	}
	a.Environment = Environment{cmp.Or(a.Environment.Account, unknownAccount), cmp.Or(a.Environment.Region, unknownRegion)}
	return a, nil
}

// unknownAccount is one that AWS gives to nobody.
const (
	unknownAccount = "000000000000"
	unknownRegion  = "us-east-1"
)

// place settles what a stack says of its account and its region.
func (a *Assembly) place(stack, environment string) error {
	account, region, _ := strings.Cut(strings.TrimPrefix(environment, "aws://"), "/")
	for settled, named := range map[*string]string{&a.Environment.Account: account, &a.Environment.Region: region} {
		if named == "" || strings.HasPrefix(named, "unknown-") {
			continue
		}
		if *settled != "" && *settled != named {
			return fmt.Errorf("stack %s is for %s and another for %s: the local cloud is one account in one region", stack, named, *settled)
		}
		*settled = named
	}
	return nil
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
	case "aws:cloudformation:stack":
		s := &Stack{Name: art.Properties.StackName, Parameters: art.Properties.Parameters}
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
		return a.place(s.Name, art.Environment)
	case "cdk:asset-manifest":
		return a.loadAssets(dir, art.Properties.File)
	case "cdk:cloud-assembly":
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
		return fmt.Errorf("%s is not what the local cloud can run: %w", file, err)
	}
	return nil
}

// Fingerprint is equal for two assemblies that deploy the same: it covers every manifest and template, and these name
// their assets by content.
func Fingerprint(dir string) (string, error) {
	h, files := sha256.New(), os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), "asset."):
			return fs.SkipDir
		case d.Name() == "manifest.json" || strings.HasSuffix(path, ".template.json") || strings.HasSuffix(path, ".assets.json"):
			b, err := fs.ReadFile(files, path)
			_, _ = fmt.Fprintf(h, "%s %d\n%s", path, len(b), b) // a hash takes every write
			return err
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read the assembly %s: %w", dir, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
