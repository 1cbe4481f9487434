package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient/lifecycle"
)

// reserve is kept of the function's time to report: CodeDeploy would otherwise wait an hour for an answer.
// Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
const reserve = 15 * time.Second

// hook runs checks and reports how they ended.
type hook struct {
	report func(ctx context.Context, of lifecycle.Hook, passed bool) error
	checks []check
	log    *slog.Logger
}

// check is one thing that a new version must do.
type check struct {
	name string
	run  func(context.Context) error
}

// errNoHook means that somebody else than CodeDeploy invoked the function.
var errNoHook = errors.New("the event has no DeploymentId and no LifecycleEventHookExecutionId: this function is for CodeDeploy")

// handle answers one lifecycle event. CodeDeploy hears of a failure by the report, so an error here means only that
// there was nobody to report to, or that the report was lost; Lambda then tries again.
func (h *hook) handle(ctx context.Context, event lifecycle.Hook) error {
	if event.Deployment == "" || event.Execution == "" {
		return errNoHook
	}
	log := h.log.With("deployment", event.Deployment)
	failed := h.runAll(ctx, log)
	log.InfoContext(ctx, "checked", "checks", len(h.checks), "failed", failed)
	if err := h.report(ctx, event, failed == 0); err != nil {
		log.ErrorContext(ctx, "the deployment does not know the outcome", "error", err.Error())
		return err
	}
	return nil
}

// runAll runs every check, so that the log shows all that is wrong at once, and counts those that failed. What is not
// finished shortly before the function's own end has failed.
func (h *hook) runAll(ctx context.Context, log *slog.Logger) (failed int) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-reserve))
		defer cancel()
	}
	for _, c := range h.checks {
		started := time.Now()
		err := c.safely(ctx)
		took := slog.Float64("ms", float64(time.Since(started).Microseconds())/1000)
		if err != nil {
			failed++
			log.ErrorContext(ctx, "check failed", "check", c.name, "error", err.Error(), took)
			continue
		}
		log.InfoContext(ctx, "check passed", "check", c.name, took)
	}
	return failed
}

// safely runs the check; a mistake in the check itself is a failure like any other, never a silent end.
func (c check) safely(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the check panicked: %v: %s", cause, debug.Stack())
		}
	}()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("no time was left: %w", err)
	}
	return c.run(ctx)
}
