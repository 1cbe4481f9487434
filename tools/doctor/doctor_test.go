package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func missing() (bool, string) { return false, "" }

func TestAMissingNeedIsNamedWithItsPurposeAndTheCommand(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ok, err := examine(&out, []need{{name: "postgresql", purpose: "the database", packages: []string{"postgresql-15"}, brew: "postgresql@15", find: missing}}, nil, false, false)
	if err != nil || ok {
		t.Errorf("ok = %v, error = %v", ok, err)
	}
	if got := out.String(); !strings.Contains(got, "the database") || !strings.Contains(got, "install") {
		t.Errorf("printed %q", got)
	}
}

func TestAnOptionalNeedDoesNotFail(t *testing.T) {
	t.Parallel()
	ok, err := examine(&bytes.Buffer{}, []need{{name: "x", optional: true, find: missing}}, nil, false, false)
	if err != nil || !ok {
		t.Errorf("ok = %v, error = %v", ok, err)
	}
}

func TestAnUnknownNameListsTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := examine(&bytes.Buffer{}, needs(), []string{"postgres"}, false, false)
	if err == nil || !strings.Contains(err.Error(), "postgresql") {
		t.Errorf("error is %v", err)
	}
}

func TestAProgramThatIsTooOldIsMissing(t *testing.T) {
	t.Parallel()
	find := program("sh", []string{"-c", "echo v18.2.0"}, `v(\d+)`, 20)
	if found, version := find(); found {
		t.Errorf("%s was taken", version)
	}
}

func TestPostgreSQLIsFoundWhereTheLocalCloudFindsIt(t *testing.T) {
	t.Setenv("PATH", "/usr/bin:/bin")
	t.Chdir(t.TempDir())
	for file, text := range map[string]string{postgresqlPlaces: "none\nplace/*/bin\n", "place/a b/bin/postgres": "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1'\n"} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil { //nolint:gosec // one of them is executed
			t.Fatal(err)
		}
	}
	if found, version := postgresql(); !found || !strings.Contains(version, "99.1") {
		t.Errorf("found = %v, %q", found, version)
	}
}
