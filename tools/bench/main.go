// Command bench prints the project's figures beside their limits. It changes nothing and fails only when a figure
// cannot be taken: a slow machine is no error. Run it from the project's root, through `make bench`; -fresh adds
// `make up` on a fresh clone with empty caches, which takes minutes.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// figure is one measured number, with its limit where there is one.
type figure struct {
	name, limit, unit string
	// atLeast means that the number should be no lower than its limit; else it should be no higher.
	atLeast  bool
	decimals int
	measure  func() (float64, error)
	// beside, when there is one, gives a remark on the number.
	beside func() string
}

// line is the figure beside its limit.
func (f figure) line(v float64) string {
	sign := "≤"
	if f.atLeast {
		sign = "≥"
	}
	text := fmt.Sprintf("%-72s %12s", f.name, strings.TrimSpace(fmt.Sprintf("%.*f %s", f.decimals, v, f.unit)))
	if f.limit != "" {
		text += fmt.Sprintf("   %s %s", sign, strings.TrimSpace(f.limit+" "+f.unit))
	}
	if f.beside != nil {
		text += "   " + f.beside()
	}
	return text
}

func main() {
	fresh := flag.Bool("fresh", false, "also bring up a fresh clone with empty caches")
	flag.Parse()
	failed := false
	fmt.Printf("%-72s %12s   %s\n", "figure", "here", "limit")
	for _, f := range figures(*fresh) {
		v, err := f.measure()
		if err != nil {
			fmt.Printf("%-72s %12s   %s\n", f.name, "failed", err)
			failed = true
			continue
		}
		fmt.Println(f.line(v))
	}
	if failed {
		os.Exit(1)
	}
}

func figures(fresh bool) []figure {
	list := []figure{
		{name: "api: process start → first response, median of 20", limit: "10", unit: "ms", decimals: 1, measure: startTime},
		{name: "api: deploy zip (arm64)", limit: "5", unit: "MB", decimals: 2, measure: apiZip},
		{name: "dashboard: JavaScript of the first route, gzip", limit: "130", unit: "KiB", decimals: 1, measure: firstRoute},
		{name: "make synth ENV=prod, nothing changed, median of 3", limit: "8", unit: "s", decimals: 1, measure: warmSynth},
		{name: "make up, built and with data, median of 3", limit: "20", unit: "s", decimals: 1, measure: warmUp},
	}
	list = append(list, databaseFigures()...)
	list = append(list, localCloudFigures()...)
	list = append(list, deployFigures()...)
	if fresh {
		list = append(list, figure{name: "make up, fresh clone, empty home folder and caches", limit: "480", unit: "s", measure: freshUp})
	}
	return list
}
