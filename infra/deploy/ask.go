package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/terminal"
)

// approve shows the change to an AWS account and asks once. With no stack it shows the chosen phases'.
func (s *session) approve(ctx context.Context, a bundle.Assembly, stacks ...string) error {
	if !s.asks() {
		return nil
	}
	if len(stacks) == 0 {
		stacks = s.chosenStacks()
	}
	if err := s.cli.Diff(ctx, a.Dir, stacks); err != nil {
		return err
	}
	return s.ask(fmt.Sprintf("Deploy this to %s, account %s?", s.settings.Name, s.target.Account))
}

// asks tells whether questions are asked: only about an AWS account, and only when a person is there to answer.
func (s *session) asks() bool { return !s.settings.IsLocal() && !s.yes && terminal.Is(os.Stdin) }

// ask wants a yes, where questions are asked.
func (s *session) ask(question string) error {
	if !s.asks() {
		return nil
	}
	_, _ = fmt.Fprintf(s.out, "\n%s Type yes: ", question)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != "yes" {
		return errors.New("not confirmed; nothing is touched")
	}
	return nil
}
