// Command doctor says what this machine lacks to run, test and deploy the project, and how to get it. With -install
// and the names of needs it installs what it can: by apt, when root on a Debian-like system, else by npm. With -account
// it also says what the AWS account lacks for an environment.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	install := flag.Bool("install", false, "install the named needs where possible")
	quiet := flag.Bool("quiet", false, "print only what is missing")
	account := flag.String("account", "", "also examine the AWS account for this `environment`")
	flag.Parse()
	ok, err := examine(os.Stdout, needs(), flag.Args(), *install, *quiet)
	if err != nil {
		fmt.Fprintln(os.Stderr, "doctor:", err)
		os.Exit(2)
	}
	if *account != "" {
		ok = examineAccount(os.Stdout, *account) && ok
	}
	if !ok {
		os.Exit(1)
	}
}

// examine checks the named needs (all, when none is named) and reports whether the required ones are there.
func examine(out io.Writer, all []need, names []string, install, quiet bool) (bool, error) {
	chosen, err := choose(all, names)
	if err != nil {
		return false, err
	}
	ok := true
	for _, n := range chosen {
		found, version := n.find()
		if !found && install {
			if err := n.install(out); err != nil {
				return false, err
			}
			found, version = n.find()
		}
		switch {
		case found && !quiet:
			fmt.Fprintf(out, "  found    %-12s %s\n", n.name, version)
		case !found:
			word := "missing"
			if n.optional {
				word = "absent"
			}
			fmt.Fprintf(out, "  %-8s %-12s %s: %s\n", word, n.name, n.purpose, n.how())
			ok = ok && n.optional
		}
	}
	return ok, nil
}

func choose(all []need, names []string) ([]need, error) {
	if len(names) == 0 {
		return all, nil
	}
	var chosen []need
	for _, name := range names {
		i := slices.IndexFunc(all, func(n need) bool { return n.name == name })
		if i < 0 {
			return nil, fmt.Errorf("unknown need %q; known are %s", name, strings.Join(namesOf(all), ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func namesOf(all []need) []string {
	var names []string
	for _, n := range all {
		names = append(names, n.name)
	}
	return names
}
