package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// credentialVariables are those from which AWS clients take credentials or the name of some.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
var credentialVariables = []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}

// hasCredentials tells whether this machine is set up for an AWS account.
func hasCredentials(getenv func(string) string, home string) bool {
	for _, v := range credentialVariables {
		if getenv(v) != "" {
			return true
		}
	}
	for _, f := range []string{"credentials", "config"} {
		if _, err := os.Stat(filepath.Join(home, ".aws", f)); err == nil {
			return true
		}
	}
	return false
}

// examineAccount says what the AWS account lacks for a deployment of an environment, by the command that deploys.
// Without credentials it says how to get some. The environment local has an emulated account, which needs none.
func examineAccount(out io.Writer, environment string) bool {
	home, _ := os.UserHomeDir() // without one there are no files of it
	kind := "AWS account"
	if environment == "local" {
		kind = "emulated AWS account"
	}
	fmt.Fprintf(out, "%s for %s\n", kind, environment)
	if environment != "local" && !hasCredentials(os.Getenv, home) {
		fmt.Fprintln(out, "  absent   credentials  nothing but `make deploy` to AWS needs them: `aws configure` or `aws configure sso`")
		return true
	}
	for _, args := range [][]string{{"make", "--no-print-directory", "bin/deploy"}, {"bin/deploy", "check", "--env", environment}} {
		cmd := exec.Command(args[0], args[1:]...) //nolint:gosec // fixed commands
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Run(); err != nil {
			return false
		}
	}
	return true
}
