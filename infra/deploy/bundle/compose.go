package bundle

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Compose makes an assembly in dir, which it makes anew, of the stacks of one or several others. Stacks in them that
// are not named are left out. The folder is complete when it appears.
func Compose(dir string, stacks []string, from ...Assembly) (Assembly, error) {
	fresh := dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return Assembly{}, fmt.Errorf("clear the folder of the assembly: %w", err)
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return Assembly{}, fmt.Errorf("make the folder of the assembly: %w", err)
	}
	m := manifest{Artifacts: map[string]artifact{}}
	for _, stack := range stacks {
		a, ok := holding(stack, from)
		if !ok {
			return Assembly{}, fmt.Errorf("no stored assembly has the stack %s", stack)
		}
		if err := m.add(fresh, stack, a); err != nil {
			return Assembly{}, err
		}
	}
	m.Artifacts = closed(m.Artifacts)
	b, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(filepath.Join(fresh, "manifest.json"), b, 0o644)
	}
	if err != nil {
		return Assembly{}, fmt.Errorf("write the assembly: %w", err)
	}
	if err := replace(dir, fresh); err != nil {
		return Assembly{}, err
	}
	return Open(dir)
}

func holding(stack string, from []Assembly) (Assembly, bool) {
	for _, a := range from {
		if _, ok := a.stacks()[stack]; ok {
			return a, true
		}
	}
	return Assembly{}, false
}

// add copies a stack and its assets. Assets of the same content have the same name, so one copy is enough.
func (m *manifest) add(dir, stack string, a Assembly) error {
	artifacts, paths, err := a.part([]string{stack})
	if err != nil {
		return err
	}
	for id, x := range artifacts {
		m.Artifacts[id] = x
	}
	m.Version, m.MinimumCLIVersion = max(m.Version, a.version), max(m.MinimumCLIVersion, a.minimum)
	for _, p := range paths {
		if err := copyTree(filepath.Join(a.Dir, p), filepath.Join(dir, p)); err != nil {
			return fmt.Errorf("copy %s: %w", p, err)
		}
	}
	return nil
}

func copyTree(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		return writeFile(filepath.Join(to, below), f, info.Mode())
	})
}

// SetTemplate replaces the template of a stack. The stack's assets stay.
func (a Assembly) SetTemplate(stack string, template []byte) error {
	x, ok := a.stacks()[stack]
	if !ok {
		return fmt.Errorf("the assembly in %s has no stack %s", a.Dir, stack)
	}
	if err := os.WriteFile(filepath.Join(a.Dir, x.text("templateFile")), template, 0o644); err != nil {
		return fmt.Errorf("replace the template of %s: %w", stack, err)
	}
	return nil
}
