package bundle

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// part is what the given stacks need of an assembly: their artifacts, and the paths of their files and folders,
// relative to the assembly and sorted.
func (a Assembly) part(stacks []string) (artifacts map[string]artifact, paths []string, err error) {
	artifacts = map[string]artifact{}
	for _, stack := range stacks {
		x, ok := a.stacks()[stack]
		if !ok {
			return nil, nil, fmt.Errorf("the assembly in %s has no stack %s", a.Dir, stack)
		}
		artifacts[stack] = x
		paths = append(paths, x.text("templateFile"))
		if x.MetadataFile != "" {
			paths = append(paths, x.MetadataFile)
		}
		for _, id := range x.Dependencies {
			if d := a.artifacts[id]; d.Type == assetsType {
				artifacts[id] = d
				paths = append(paths, d.text("file"))
			}
		}
		assets, err := a.assets(stack)
		if err != nil {
			return nil, nil, err
		}
		paths = append(paths, assets...)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for _, p := range paths {
		if !filepath.IsLocal(p) {
			return nil, nil, fmt.Errorf("the assembly in %s names the file %s outside of it", a.Dir, p)
		}
	}
	return artifacts, paths, nil
}

// closed leaves only dependencies on artifacts that are there: the CDK CLI refuses others.
func closed(artifacts map[string]artifact) map[string]artifact {
	out := maps.Clone(artifacts)
	for id, x := range out {
		x.Dependencies = slices.DeleteFunc(slices.Clone(x.Dependencies), func(d string) bool { _, ok := out[d]; return !ok })
		out[id] = x
	}
	return out
}

// bare takes the trailing slash off an archive's folder.
func bare(name string) string { return strings.TrimSuffix(name, "/") }
