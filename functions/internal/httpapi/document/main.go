// Command document writes the API's OpenAPI document as JSON: document FROM.yaml TO.json.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/go-faster/yaml"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: document FROM.yaml TO.json")
		os.Exit(2)
	}
	if err := convert(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "document:", err)
		os.Exit(1)
	}
}

func convert(from, to string) error {
	text, err := os.ReadFile(from) //nolint:gosec // the file that the caller names
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return fmt.Errorf("parse %s: %w", from, err)
	}
	out, err := json.Marshal(tree)
	if err != nil {
		return fmt.Errorf("write %s as JSON: %w", from, err)
	}
	if err := os.WriteFile(to, append(out, '\n'), 0o644); err != nil { //nolint:gosec // a source file
		return fmt.Errorf("write the JSON: %w", err)
	}
	return nil
}
