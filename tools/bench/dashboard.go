package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// firstRoute is what the page at / loads before it runs, as the dashboard's own size report counts it.
func firstRoute() (float64, error) {
	out, err := run(".", nil, "npm", "--prefix", "frontend", "run", "--silent", "size")
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^\s*/\s+.*?([\d.]+) KiB`).FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("no figure for / in:\n%s", out)
	}
	return strconv.ParseFloat(m[1], 64)
}
