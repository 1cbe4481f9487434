package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// browser brings the system up with data of its own, walks through it in Chromium and takes it down again.
func browser(ctx context.Context) count {
	state, err := os.MkdirTemp("/var/tmp", "miyabi-browser-")
	if err != nil {
		return failure("make a folder for the system", err)
	}
	defer func() { _ = os.RemoveAll(state) }()
	if err := os.Chmod(state, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user must be able to enter it
		return failure("open the folder of the system", err)
	}
	system := func(target string) command {
		return command{name: "make", args: []string{"--no-print-directory", "-s", target, "STATE=" + state, "PORT=0"}}
	}
	defer func() {
		if out, err := system("down").output(context.WithoutCancel(ctx)); err != nil {
			fmt.Printf("   make down: %v\n%s\n", err, out)
		}
	}()
	if out, err := system("up").output(ctx); err != nil {
		fmt.Println(out)
		return failure("make up", err)
	}
	url, err := system("url").output(ctx)
	if err != nil {
		fmt.Println(url)
		return failure("make url", err)
	}
	return playwright(ctx, strings.TrimSpace(url))
}

func playwright(ctx context.Context, url string) count {
	report, err := filepath.Abs(".build/reports/playwright.json")
	if err != nil {
		return failure("Playwright", err)
	}
	run := command{
		dir: "frontend", name: "npx", args: []string{"--no-install", "playwright", "test", "--config", "../tests/browser/playwright.config.ts"},
		env: []string{"BASE_URL=" + url, "PLAYWRIGHT_JSON_OUTPUT_FILE=" + report},
	}
	return reported("Playwright", run, report, readPlaywright)(ctx)
}
