// Command bench prints the project's figures beside their limits. It changes nothing and fails only when a figure
// cannot be taken: a slow machine is no error. Run it from the project's root, through `make bench`; -fresh adds
// `make up` on a fresh clone with empty caches, which takes minutes.
package main

import (
	"flag"
	"fmt"
	"os"
)

// figure is one measured number.
type figure struct {
	name, limit, unit string
	decimals          int
	measure           func() (float64, error)
}

func main() {
	fresh := flag.Bool("fresh", false, "also bring up a fresh clone with empty caches")
	flag.Parse()
	failed := false
	fmt.Printf("%-64s %12s   %s\n", "figure", "here", "limit")
	for _, f := range figures(*fresh) {
		v, err := f.measure()
		if err != nil {
			fmt.Printf("%-64s %12s   %s\n", f.name, "failed", err)
			failed = true
			continue
		}
		fmt.Printf("%-64s %12s   ≤ %s %s\n", f.name, fmt.Sprintf("%.*f %s", f.decimals, v, f.unit), f.limit, f.unit)
	}
	if failed {
		os.Exit(1)
	}
}

func figures(fresh bool) []figure {
	list := []figure{
		{"api: process start → first response, median of 20", "10", "ms", 1, startTime},
		{"api: deploy zip (arm64)", "5", "MB", 2, apiZip},
		{"dashboard: JavaScript of the first route, gzip", "130", "KiB", 1, firstRoute},
		{"make synth ENV=prod, nothing changed, median of 3", "8", "s", 1, warmSynth},
		{"make up, built and with data, median of 3", "20", "s", 1, warmUp},
	}
	if fresh {
		list = append(list, figure{"make up, fresh clone, empty home folder and caches", "480", "s", 0, freshUp})
	}
	return list
}
