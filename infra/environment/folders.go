package environment

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/miyabi-society/platform/migrations"
)

// Folders tells where the things lie that are built before a synthesis. All are read, none is written.
type Folders struct {
	// Functions holds <goos>-<goarch>/<name>/bootstrap of each function.
	Functions string
	// Site is the exported front end.
	Site string
	// Edge holds the sources of the CloudFront functions.
	Edge string
	// Migrations holds the goose migrations, NNNNN_name.sql.
	Migrations string
}

// DefaultFolders are the folders of a checkout whose root is the working directory.
func DefaultFolders() Folders {
	return Folders{
		Functions:  filepath.Join(".build", "functions"),
		Site:       filepath.Join("frontend", "out"),
		Edge:       filepath.Join("frontend", "edge"),
		Migrations: "migrations",
	}
}

// Function is the folder with the named function's bootstrap for a platform.
func (f Folders) Function(platform Platform, name string) string {
	return filepath.Join(f.Functions, platform.String(), name)
}

// EdgeFunction is the source file of the named CloudFront function.
func (f Folders) EdgeFunction(name string) string { return filepath.Join(f.Edge, name+".js") }

// HashedAssets is the part of the site whose file names change with their content.
func (f Folders) HashedAssets() string { return filepath.Join(f.Site, "_next", "static") }

// Check reports the first thing that is missing, and the command that makes it.
func (f Folders) Check(s Settings, functions, edgeFunctions []string) error {
	advice := fmt.Sprintf("run `make synth ENV=%s`, which builds it first", s.Name)
	for _, name := range functions {
		if binary := filepath.Join(f.Function(s.Functions.Platform, name), "bootstrap"); !isFile(binary) {
			return fmt.Errorf("function binary %s is missing: %s", binary, advice)
		}
	}
	if index := filepath.Join(f.Site, "index.html"); !isFile(index) {
		return fmt.Errorf("site %s has no index.html: %s", f.Site, advice)
	}
	if assets := f.HashedAssets(); !isFolder(assets) {
		return fmt.Errorf("site %s has no _next/static: %s", f.Site, advice)
	}
	for _, name := range edgeFunctions {
		if source := f.EdgeFunction(name); !isFile(source) {
			return fmt.Errorf("CloudFront function %s is missing: restore it from version control", source)
		}
	}
	if _, err := f.MigrationsHash(); err != nil {
		return err
	}
	return nil
}

// MigrationsHash is the hash of the migrations. The migrate function has that of its own.
func (f Folders) MigrationsHash() (string, error) {
	files := os.DirFS(f.Migrations)
	if found, _ := fs.Glob(files, "*.sql"); len(found) == 0 {
		return "", fmt.Errorf("folder %s has no *.sql migration: restore it from version control", f.Migrations)
	}
	return migrations.Hash(files)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
