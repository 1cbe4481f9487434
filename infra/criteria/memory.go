package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// memory is a file that remembers what tests came to, for as long as no source changes.
type memory struct {
	// root is the project's folder, file where the results are kept.
	root, file string
}

// remembered is the content of the file.
type remembered struct {
	// Sources is the hash of all sources at the time of the run.
	Sources string
	Results results
}

// sources is a hash of every file that git tracks or would track; empty where there is no git, and then nothing is
// remembered.
func (m memory) sources() string {
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = m.root
	list, err := cmd.Output()
	if err != nil {
		return ""
	}
	hash := sha256.New()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		fmt.Fprintf(hash, "%s\x00", name)
		if err := addFile(hash, filepath.Join(m.root, name)); err != nil {
			fmt.Fprintln(hash, "absent")
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func addFile(to io.Writer, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = io.Copy(to, file)
	return err
}

// read gives what ran on these very sources; nothing when they differ or nothing ran.
func (m memory) read() results {
	content, err := os.ReadFile(m.file)
	if err != nil {
		return results{}
	}
	var kept remembered
	if json.Unmarshal(content, &kept) != nil || kept.Sources == "" || kept.Sources != m.sources() {
		return results{}
	}
	return kept.Results
}

// write keeps results of a run that began with these sources, beside those that are kept of them already. Sources that
// changed during the run make its results worthless for later.
func (m memory) write(sources string, fresh results) error {
	if sources == "" || sources != m.sources() {
		return nil
	}
	kept := m.read()
	if kept.Packages == nil {
		kept = results{Packages: map[string]packageResult{}, Steps: map[suiteStep]string{}}
	}
	maps.Copy(kept.Packages, fresh.Packages)
	maps.Copy(kept.Steps, fresh.Steps)
	kept.Before = time.Now().UTC().Format("2006-01-02 15:04 UTC")
	content, err := json.Marshal(remembered{sources, kept})
	if err != nil {
		return fmt.Errorf("remember the results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o755); err != nil {
		return fmt.Errorf("remember the results: %w", err)
	}
	if err := os.WriteFile(m.file, content, 0o644); err != nil {
		return fmt.Errorf("remember the results: %w", err)
	}
	return nil
}
