// Command suite runs every test that needs no AWS account, step by step, and closes with the one line
// "N passed, N failed, N skipped". It exits with 1 when anything failed. Run it from the project's root, through
// `make test`; -only names the steps to run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	only := flag.String("only", "", "comma-separated `steps` to run; all when empty")
	flag.Parse()
	chosen, err := choose(steps(), *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	total := runAll(ctx, chosen)
	stop()
	fmt.Println(total)
	if total.failed > 0 || total.passed == 0 {
		os.Exit(1)
	}
}

// count is how many tests ended in which way.
type count struct{ passed, failed, skipped int }

func (c count) plus(o count) count {
	return count{c.passed + o.passed, c.failed + o.failed, c.skipped + o.skipped}
}

func (c count) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// step is one part of the suite. Its run prints what went wrong and counts.
type step struct {
	name, subject string
	run           func(context.Context) count
}

func choose(all []step, only string) ([]step, error) {
	if only == "" {
		return all, nil
	}
	var chosen []step
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(s step) bool { return s.name == strings.TrimSpace(name) })
		if i < 0 {
			var known []string
			for _, s := range all {
				known = append(known, s.name)
			}
			return nil, fmt.Errorf("there is no step %q; the steps are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func runAll(ctx context.Context, chosen []step) (total count) {
	for _, s := range chosen {
		fmt.Printf("\n== %s: %s\n", s.name, s.subject)
		began := time.Now()
		c := s.run(ctx)
		if ctx.Err() != nil {
			fmt.Println("interrupted")
			c.failed++
		}
		fmt.Printf("   %s (%.0f s)\n", c, time.Since(began).Seconds())
		total = total.plus(c)
		if ctx.Err() != nil {
			break
		}
	}
	fmt.Println()
	return total
}
