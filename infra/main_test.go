package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inFolder runs the test in a folder with the given cdk.json, as the CDK CLI would not.
func inFolder(t *testing.T, cdkJSON string) {
	t.Helper()
	folder := t.TempDir()
	if cdkJSON != "" {
		if err := os.WriteFile(filepath.Join(folder, "cdk.json"), []byte(cdkJSON), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
	t.Setenv("ENV", "")
	t.Setenv("SETTINGS", "")
	t.Setenv(contextVariable, "")
	t.Setenv(contextFileVariable, "")
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got error %v, want one line with %q", err, part)
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	inFolder(t, "")
	wantError(t, run(nil), "run infra from the project's root")
	inFolder(t, "{")
	wantError(t, run(nil), "read context of cdk.json")
	inFolder(t, "{}")
	wantError(t, run(nil), "set ENV or pass -c env=…")
	wantError(t, run([]string{"-c", "env=test"}), `unknown environment "test"`)
	wantError(t, run([]string{"-c", "env"}), `"env" is not key=value`)
	wantError(t, run([]string{"prod"}), `unexpected argument "prod"`)
	wantError(t, run([]string{"-x"}), "the only arguments are -c key=value")
	wantError(t, run([]string{"-c", "env=dev"}), "api/bootstrap is missing: run `make synth ENV=dev`")
}

func TestTheContextKeyWinsOverTheVariable(t *testing.T) {
	inFolder(t, "{}")
	t.Setenv("ENV", "staging")
	wantError(t, run(nil), "make synth ENV=staging")
	wantError(t, run([]string{"-c", "env=prod"}), "make synth ENV=prod")
}

func TestSettingsMayBeChangedByContextOrVariable(t *testing.T) {
	inFolder(t, "{}")
	t.Setenv("SETTINGS", "egress=vpn")
	wantError(t, run([]string{"-c", "env=dev"}), `Network.Egress is "vpn"`)
	wantError(t, run([]string{"-c", "env=dev", "-c", "settings=multiAZ=true,egress=train"}), `Network.Egress is "train"`)
	wantError(t, run([]string{"-c", "env=test-a", "-c", "settings=egress=nat-gateway"}), "make synth ENV=test-a")
}

func TestTheCLIsContextReplacesThatOfTheFile(t *testing.T) {
	inFolder(t, `{"context": {"flag": "file", "only": "file"}}`)
	bare, err := readContext([]string{"-c", "added=argument"})
	if err != nil || bare["flag"] != "file" || bare["added"] != "argument" {
		t.Errorf("bare context %v, error %v", bare, err)
	}
	overflow := filepath.Join(t.TempDir(), "context.json")
	if err := os.WriteFile(overflow, []byte(`{"long": "yes"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(contextVariable, `{"flag": "cli"}`)
	t.Setenv(contextFileVariable, overflow)
	cli, err := readContext(nil)
	if err != nil || cli["flag"] != "cli" || cli["long"] != "yes" || cli["only"] != nil {
		t.Errorf("context %v, error %v", cli, err)
	}
	t.Setenv(contextVariable, "{")
	_, err = readContext(nil)
	wantError(t, err, contextVariable)
}
