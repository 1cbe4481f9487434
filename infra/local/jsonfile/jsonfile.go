// Package jsonfile keeps values of the local cloud's state in files, each replaced in one step: an interrupted run leaves
// the old content or the new.
package jsonfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Read reads the file into v. The error is fs.ErrNotExist when there is none, and says what to do when it is damaged.
func Read(file string, v any) error {
	b, err := os.ReadFile(file) //nolint:gosec // a file of the state folder
	if err != nil {
		return fmt.Errorf("read the state: %w", err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s is damaged (%w); start afresh with RESET=1", file, err)
	}
	return nil
}

// Write replaces the file, whose folder is made when it is missing. Only its owner can read it.
func Write(file string, v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		err = replace(file, b)
	}
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

func replace(file string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(fresh.Name()) }() // gone already when the rename succeeded
	_, err = fresh.Write(b)
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), file)
}
