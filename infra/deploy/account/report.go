package account

import (
	"context"
	"fmt"
	"io"

	"github.com/miyabi-society/platform/infra/deploy/target"
)

// Report prints what a deployment to an AWS account would find, a line each, and tells whether one is possible.
func Report(ctx context.Context, t target.Target, leastBootstrap int, out io.Writer) (ok bool) {
	line := func(word, name, text string) { _, _ = fmt.Fprintf(out, "  %-8s %-12s %s\n", word, name, text) }
	t, who, err := t.Identify(ctx)
	if err != nil {
		line("missing", "credentials", err.Error())
		return false
	}
	line("found", "credentials", who)
	line("found", "region", fmt.Sprintf("%s, from the settings of %s", t.Settings.Region, t.Settings.Name))
	ok = true
	version, err := Bootstrap(ctx, t)
	if err == nil {
		err = Bootstrapped(t, version, leastBootstrap)
	}
	if err != nil {
		line("missing", "bootstrap", err.Error())
		ok = false
	} else {
		line("found", "bootstrap", fmt.Sprintf("version %d", version))
	}
	own, err := HasOwnStack(ctx, t)
	switch {
	case err != nil:
		line("unknown", "account", err.Error())
	case !own:
		line("absent", "account", OwnStackAdvice(t))
	default:
		line("found", "account", "Miyabi-Account")
	}
	concurrency, err := Concurrency(ctx, t)
	switch few := Enough(t, concurrency); {
	case err != nil:
		line("unknown", "concurrency", err.Error())
	case few != "":
		line("small", "concurrency", few)
	default:
		line("found", "concurrency", fmt.Sprintf("%d functions at once", concurrency))
	}
	return ok
}
