package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	squawk       = "node_modules/.bin/squawk"
	squawkConfig = "migrations/.squawk.toml"
	// downRules are not asked of a down section: it takes back what its up section made, and only a person runs it.
	downRules = "ban-drop-table,ban-drop-column,ban-drop-not-null,adding-required-field,adding-not-nullable-field,renaming-table,renaming-column"
)

// lintMigrations lints the two sections of every migration with squawk. Each file is one test.
func lintMigrations(ctx context.Context) (total count) {
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		return failure("squawk", fmt.Errorf("there are no migrations (%w)", err))
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a source file of the project
		if err != nil {
			return total.plus(failure("squawk", err))
		}
		total = total.plus(lintMigration(ctx, file, string(text)))
	}
	return total
}

func lintMigration(ctx context.Context, file, text string) count {
	up, down := sections(text)
	for _, section := range []struct{ text, excluded string }{{up, ""}, {down, downRules}} {
		if strings.TrimSpace(section.text) == "" {
			continue
		}
		args := []string{"--config", squawkConfig, "--reporter", "gcc", "--stdin-filepath", file}
		if section.excluded != "" {
			args = append(args, "--exclude", section.excluded)
		}
		if strings.Contains(text, "-- +goose NO TRANSACTION") {
			args = append(args, "--no-assume-in-transaction")
		}
		out, err := command{name: squawk, args: args, stdin: section.text}.output(ctx)
		if err != nil {
			fmt.Printf("   FAIL squawk %s: %v\n%s\n", file, err, out)
			return count{failed: 1}
		}
	}
	return count{passed: 1}
}

// sections splits a goose migration. Each part keeps its line numbers: the lines of the other one are empty.
func sections(text string) (up, down string) {
	before, after, found := strings.Cut(text, "-- +goose Down\n")
	if !found {
		return text, ""
	}
	return before, strings.Repeat("\n", strings.Count(before, "\n")+1) + after
}
