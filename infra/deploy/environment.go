package main

import (
	"context"
	"io"
	"slices"
	"strings"
)

// printed are the variables that printEnvironment prints. A person's own credentials are already where they belong;
// those of the emulated account are no secret.
func (s *session) printed() []string {
	if s.settings.IsLocal() {
		return []string{"MIYABI_", "TARGET=", "AWS_"}
	}
	return []string{"MIYABI_", "TARGET=", "AWS_REGION="}
}

// testEnvironment is the process environment of the tests of what is deployed.
func (s *session) testEnvironment(ctx context.Context) ([]string, error) {
	environ := s.target.ForTests()
	url, err := s.address(ctx)
	if err != nil {
		return nil, err
	}
	if url != "" {
		environ = append(environ, "MIYABI_URL="+url)
	}
	if s.settings.IsLocal() {
		environ = append(environ, "MIYABI_STATE="+s.state.Dir)
	}
	return environ, nil
}

// printEnvironment prints the variables as a shell reads them: eval "$(bin/deploy env --env local --state DIR)".
func (s *session) printEnvironment(ctx context.Context) error {
	quiet := *s
	quiet.out = io.Discard
	if err := quiet.connect(ctx); err != nil {
		return err
	}
	environ, err := quiet.testEnvironment(ctx)
	if err != nil {
		return err
	}
	for _, v := range environ {
		if slices.ContainsFunc(s.printed(), func(prefix string) bool { return strings.HasPrefix(v, prefix) }) {
			name, value, _ := strings.Cut(v, "=")
			s.say("export %s='%s'", name, strings.ReplaceAll(value, "'", `'\''`))
		}
	}
	return nil
}
