package cloud

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// keptCode holds the code that functions run: the assembly may be replaced or removed meanwhile, and a build may write
// into its old output.
const keptCode = "functions"

// keepCode gives a folder below the state that holds what code, a folder or a zip file, holds. Nothing is forked meanwhile:
// a binary cannot be executed while a process that was forked, and has not executed its own program yet, holds it open
// (golang.org/issue/22315).
func (c *Cloud) keepCode(code string) (string, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	files, closer, err := assembly.Files(code)
	if err != nil {
		return "", err
	}
	defer func() { _ = closer.Close() }()
	root, kept := c.stateDir(keptCode), ""
	if err = os.MkdirAll(root, 0o700); err == nil {
		kept, err = os.MkdirTemp(root, "")
	}
	if err == nil {
		err = os.CopyFS(kept, files)
	}
	if err != nil {
		return "", fmt.Errorf("keep the code %s of a function: %w", code, err)
	}
	c.code[kept] = true
	return kept, nil
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

// ReplaceCode makes the content of dir the code of a function, given by its name, and of all its versions, and lets
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
