package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// reproducible builds prod a second time, from a copy of the sources in a folder with a space in its name, and
// compares every byte of the two assemblies: function binaries, site and templates.
func reproducible(ctx context.Context) count {
	root, err := os.MkdirTemp("/var/tmp", "miyabi same bytes ")
	if err != nil {
		return failure("make a folder for the copy", err)
	}
	defer func() { _ = os.RemoveAll(root) }()
	if err := copySources(ctx, root); err != nil {
		return failure("copy the sources", err)
	}
	const first, second = ".build/assembly/first", ".build/assembly/second"
	build := func(dir, assembly string) count {
		return check("assembly in "+dir, command{dir: dir, name: "make", args: []string{"--no-print-directory", "assembly", "ENV=prod", "ASSEMBLY=" + assembly}})(ctx)
	}
	c := build(".", first).plus(build(root, second))
	if c.failed > 0 {
		return c
	}
	differences, err := compare(first, filepath.Join(root, second))
	if err != nil {
		return c.plus(failure("compare the assemblies", err))
	}
	if len(differences) > 0 {
		fmt.Printf("   FAIL not the same bytes: %s\n", strings.Join(differences, ", "))
		return c.plus(count{failed: 1})
	}
	return c.plus(count{passed: 1})
}

// copySources copies what git knows or would add, and links the installed packages.
func copySources(ctx context.Context, to string) error {
	names, err := command{name: "git", args: []string{"ls-files", "-z", "--cached", "--others", "--exclude-standard"}}.output(ctx)
	if err != nil {
		return fmt.Errorf("list the sources: %w: %s", err, names)
	}
	for name := range strings.SplitSeq(strings.TrimRight(names, "\x00"), "\x00") {
		if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
			continue // deleted, and not committed
		}
		if err := copyFile(name, filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return linkTree("frontend/node_modules", filepath.Join(to, "frontend/node_modules"))
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from) //nolint:gosec // a source file of the project
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // a copy of public sources
		return err
	}
	return os.WriteFile(to, b, info.Mode().Perm())
}

// linkTree makes a second tree of the same files: hard links where the file system allows it, else copies.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o755) //nolint:gosec // a copy of public packages
		case d.Type() == fs.ModeSymlink:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		}
		if os.Link(path, target) == nil {
			return nil
		}
		return copyFile(path, target)
	})
}

// compare names the files that are not the same in two trees, or in one of them only.
func compare(a, b string) ([]string, error) {
	left, err := tree(a)
	if err != nil {
		return nil, err
	}
	right, err := tree(b)
	if err != nil {
		return nil, err
	}
	var differences []string
	for name, content := range left {
		if other, ok := right[name]; !ok || !bytes.Equal(content, other) {
			differences = append(differences, name)
		}
	}
	for name := range right {
		if _, ok := left[name]; !ok {
			differences = append(differences, name)
		}
	}
	slices.Sort(differences)
	return differences, nil
}

func tree(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[rel], err = os.ReadFile(path) //nolint:gosec // a built file
		return err
	})
	return files, err
}
