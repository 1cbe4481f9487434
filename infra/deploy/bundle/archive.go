package bundle

import (
	"archive/zip"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Archive writes the stacks and everything that deploying them needs as a zip file.
func (a Assembly) Archive(w io.Writer, stacks []string) error {
	artifacts, paths, err := a.part(stacks)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	m, err := json.Marshal(manifest{a.version, a.minimum, artifacts})
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	entry, err := z.Create("manifest.json")
	if err == nil {
		_, err = entry.Write(m)
	}
	for _, p := range paths {
		if err == nil {
			err = a.archive(z, p)
		}
	}
	if err := errors.Join(err, z.Close()); err != nil {
		return fmt.Errorf("archive the assembly: %w", err)
	}
	return nil
}

// archive adds a file or folder.
func (a Assembly) archive(z *zip.Writer, path string) error {
	return filepath.WalkDir(filepath.Join(a.Dir, path), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		header, err := zip.FileInfoHeader(info)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(a.Dir, file)
		if err != nil {
			return err
		}
		header.Name = filepath.ToSlash(name)
		if !strings.HasSuffix(name, ".zip") { // compressing twice takes time and gains nothing
			header.Method = zip.Deflate
		}
		entry, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		return copyFrom(entry, file)
	})
}

func copyFrom(w io.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(w, f)
	return err
}

// Extract unpacks an archive into a folder, which it makes anew, and opens it. The folder is complete when it appears:
// one that was only half unpacked, because the disk is full or the command was killed, is never taken for the assembly.
func Extract(archive, dir string) (Assembly, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return Assembly{}, fmt.Errorf("open the stored assembly: %w", err)
	}
	defer func() { _ = z.Close() }()
	fresh := dir + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return Assembly{}, fmt.Errorf("clear the folder of the assembly: %w", err)
	}
	for _, f := range z.File {
		if err := extract(f, fresh); err != nil {
			return Assembly{}, fmt.Errorf("unpack the stored assembly: %w", errors.Join(err, os.RemoveAll(fresh)))
		}
	}
	if err := replace(dir, fresh); err != nil {
		return Assembly{}, err
	}
	return Open(dir)
}

// replace puts a finished folder in the place of another.
func replace(dir, fresh string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.Rename(fresh, dir)
	}
	if err != nil {
		return fmt.Errorf("put the assembly in place: %w", err)
	}
	return nil
}

func extract(f *zip.File, dir string) error {
	if !filepath.IsLocal(bare(f.Name)) {
		return fmt.Errorf("it holds the file %s outside of it", f.Name)
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return writeFile(filepath.Join(dir, filepath.FromSlash(f.Name)), r, f.Mode())
}

// writeFile makes a file and the folders above it.
func writeFile(path string, from io.Reader, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode.Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, from) //nolint:gosec // an archive of our own bucket
	return errors.Join(err, w.Close())
}
