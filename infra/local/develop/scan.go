package develop

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// snapshot is the time and size of each source file.
type snapshot map[string]stamp

type stamp struct{ changed, size int64 }

// passedOver names folders that hold no sources.
var passedOver = []string{"node_modules", "testdata", "local"}

// scan looks at every file instead of asking the system for events: a few hundred files take milliseconds, and it works
// alike on every system and file system. Hidden files, such as an editor's, are passed over.
func scan(roots []string) snapshot {
	s := snapshot{}
	for _, root := range roots {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			hidden := path != root && strings.HasPrefix(filepath.Base(path), ".")
			switch {
			case err != nil:
				return nil //nolint:nilerr // a file that has just gone
			case d.IsDir() && path != root && (hidden || slices.Contains(passedOver, d.Name())):
				return fs.SkipDir
			case !d.Type().IsRegular() || hidden || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "~"):
				return nil
			}
			if info, err := d.Info(); err == nil {
				s[path] = stamp{info.ModTime().UnixNano(), info.Size()}
			}
			return nil
		})
	}
	return s
}

// differs names a file that is not as it was before, "" when all are.
func (s snapshot) differs(before snapshot) string {
	for path, now := range s {
		if before[path] != now {
			return path
		}
	}
	for path := range before {
		if _, ok := s[path]; !ok {
			return path
		}
	}
	return ""
}
