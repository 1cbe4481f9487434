package migrations

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
)

// Hash is the SHA-256, in hex, of the names and contents of the migrations in the root of a file system, in order. It
// changes exactly when one is added, changed or removed. It is the property of the custom resource that runs them.
func Hash(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(names)
	hash := sha256.New()
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return "", fmt.Errorf("read migration: %w", err)
		}
		hash.Write(fmt.Appendf(nil, "%s %d\n", name, len(content)))
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
