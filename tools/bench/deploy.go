package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// deployFigures time the real CDK CLI on an emulated account of its own, without the tests that follow a deployment.
func deployFigures() []figure {
	d := &deployment{}
	return []figure{
		{name: "make deploy ENV=local, all phases, with the start of the emulated account", limit: "60", unit: "s", decimals: 1, measure: d.first},
		{name: "make deploy ENV=local, nothing changed", limit: "15", unit: "s", decimals: 1, measure: d.again},
		{name: "make destroy ENV=local, all phases", limit: "30", unit: "s", decimals: 1, measure: d.destroy},
		{name: "monthly bill of prod, from its templates", limit: "52.00", unit: "USD", decimals: 2, measure: bill},
	}
}

// deployment is one deployment of all phases, made by first and gone after destroy.
type deployment struct{ dir string }

func (d *deployment) first() (float64, error) {
	dir, err := stateFolder()
	if err != nil {
		return 0, err
	}
	d.dir = dir
	// The build and the synthesis are not the deployment's.
	if _, err := run(".", nil, "make", "bin/deploy", "bin/local", "assembly-deploy", "ENV=local"); err != nil {
		return 0, err
	}
	return d.make("deploy")
}

func (d *deployment) again() (float64, error) { return d.make("deploy") }

func (d *deployment) destroy() (float64, error) {
	seconds, err := d.make("destroy")
	_ = os.RemoveAll(d.dir)
	return seconds, err
}

func (d *deployment) make(target string) (float64, error) {
	return timed(".", nil, "make", target, "ENV=local", "CHECKS=0", "STATE="+filepath.Join(d.dir, "state"))
}

// bill is the last line of `make cost`.
func bill() (float64, error) {
	printed, err := run(".", nil, "make", "cost", "ENV=prod")
	if err != nil {
		return 0, err
	}
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	last := strings.Fields(lines[len(lines)-1])
	if len(last) != 2 || last[0] != "Total" {
		return 0, fmt.Errorf("make cost ends with %q instead of the total", lines[len(lines)-1])
	}
	return strconv.ParseFloat(last[1], 64)
}
