package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// keptCode holds the code that functions run, by its content: the assembly may be replaced or removed meanwhile.
const keptCode = "functions"

// keepCode gives the folder below the state that holds what dir holds.
func (c *Cloud) keepCode(dir string) (string, error) {
	root, err := c.ensureDir(keptCode)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fresh, err := os.MkdirTemp(root, "new-")
	if err != nil {
		return "", fmt.Errorf("keep the code of a function: %w", err)
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(h, "%q\n", name) // a hash takes every write
		return keepFile(h, path, filepath.Join(fresh, name))
	})
	if err != nil {
		return "", fmt.Errorf("keep the code %s of a function: %w", dir, err)
	}
	kept := filepath.Join(root, hex.EncodeToString(h.Sum(nil))[:16])
	if err := os.Rename(fresh, kept); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep the code of a function: %w", err)
	}
	c.code[kept] = true
	return kept, nil
}

// keepFile copies a file with its mode and adds it to the hash. It is no link: a build may write into its old output.
func keepFile(hash io.Writer, from, to string) error {
	in, err := os.Open(from) //nolint:gosec // a file of the assembly
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm()|0o200) //nolint:gosec // below the state
	if err != nil {
		return err
	}
	_, err = io.Copy(io.MultiWriter(out, hash), in)
	return errors.Join(err, out.Close())
}

// forgetCode removes the code that no function has any more. A failure only wastes space.
func (c *Cloud) forgetCode() {
	root := c.stateDir(keptCode)
	entries, _ := os.ReadDir(root)
	for _, e := range entries {
		if dir := filepath.Join(root, e.Name()); !c.code[dir] {
			_ = os.RemoveAll(dir)
		}
	}
}

// ReplaceCode makes the content of dir the code of a function, named by name or ARN, and of all its versions, and lets
// its custom resources run again. Processes of the old code finish what they work on.
func (c *Cloud) ReplaceCode(ctx context.Context, function, dir string) error {
	kept, err := c.keepCode(dir)
	if err != nil {
		return err
	}
	if err := c.functions.Replace(function, kept); err != nil {
		return err
	}
	return c.updateCustomOf(ctx, function)
}
