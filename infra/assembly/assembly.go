// Package assembly turns the stacks of one environment into a cloud assembly: a folder with a template per stack and
// the assets that they need.
package assembly

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
	"github.com/miyabi-society/platform/stacks"
)

// Options says what to synthesize and where to.
type Options struct {
	Settings environment.Settings
	Folders  environment.Folders
	// Output is the folder of the assembly; it is created.
	Output string
	// Context is CDK's context, above all its feature flags. What the CDK CLI passes by itself comes on top.
	Context map[string]any
	// Warn is told what CDK finds doubtful in a template, one line each; nil drops it.
	Warn func(line string)
	// Judged is told how the assembly keeps the rules, once it keeps them all; nil drops it.
	Judged func(policyreport.Report)
	// Unjudged leaves cdk-nag and the rules of package policy out: for an assembly that is priced and never deployed.
	Unjudged bool
}

// Synthesize writes the assembly of all stacks of the environment and checks it against the rules of package policy.
// It never asks AWS for anything.
func Synthesize(options Options) error {
	if err := options.check(); err != nil {
		return err
	}
	if err := synthesize(options); err != nil {
		return err
	}
	findings, err := checkReport(options.Output, options.warn)
	if err != nil || options.Unjudged {
		return err
	}
	return judge(options, findings)
}

// judge fails on what cdk-nag has found and on what breaks a rule of ours.
func judge(options Options, findings policy.Violations) error {
	nag, err := policy.ReadNagFiles(options.Output)
	if err != nil {
		return err
	}
	templates, err := policy.ReadTemplates(options.Output)
	if err != nil {
		return err
	}
	violations, used := policy.Check(policy.Assembly{Settings: options.Settings, Templates: templates})
	if err := findings.With(violations).Err(); err != nil {
		return err
	}
	report := policy.NewReport(options.Settings, nag, used)
	if options.Judged != nil {
		options.Judged(report)
	}
	return report.Write(options.Output)
}

func (o Options) warn(line string) {
	if o.Warn != nil {
		o.Warn(line)
	}
}

func (o Options) check() error {
	if err := o.Settings.Validate(); err != nil {
		return fmt.Errorf("settings of environment %s: %w", o.Settings.Name, err)
	}
	return o.Folders.Check(o.Settings, stacks.Functions(), stacks.EdgeFunctions())
}

// synthesize runs CDK. CDK reports mistakes by a panic, which becomes an error of one line.
func synthesize(options Options) (err error) {
	output, err := filepath.Abs(options.Output)
	if err != nil {
		return fmt.Errorf("find output folder: %w", err)
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	defer catch(&err)
	app := newApp(output, options.Context)
	if err := addStacks(app, options); err != nil {
		return err
	}
	if !options.Unjudged {
		policy.AddNag(app)
	}
	app.Synth(nil)
	return nil
}

// newApp makes an app that gives the same assembly when run by the CDK CLI and when run bare. Stack traces name a temporary
// folder of the runtime, so they would make every synthesis differ.
func newApp(output string, context map[string]any) awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{
		Outdir:             jsii.String(output),
		Context:            &context,
		AnalyticsReporting: jsii.Bool(false),
		StackTraces:        jsii.Bool(false),
		TreeMetadata:       jsii.Bool(false),
		PostCliContext: &map[string]any{
			"aws:cdk:disable-creation-stack-traces": true,
			"aws:cdk:enable-asset-metadata":         true,
			"aws:cdk:enable-path-metadata":          true,
			"aws:cdk:version-reporting":             false,
			// CDK's own report of a mistake is a screen full; checkReport says the same in a line.
			"@aws-cdk/core:failSynthOnValidationErrors": false,
		},
	})
}

// addStacks makes the account's stack and the environment's phases, each deployed after the one before.
func addStacks(app awscdk.App, options Options) error {
	account := stacks.Account(app, options.Settings)
	policy.Tag(account, options.Settings)
	policy.ApplyExceptions(account, options.Settings)

	phases, err := stacks.Phases(app, options.Settings, options.Folders)
	if err != nil {
		return err
	}
	for i, phase := range phases {
		policy.Tag(phase.Stack, options.Settings)
		policy.ApplyRemoval(phase.Stack, options.Settings)
		policy.ApplyExceptions(phase.Stack, options.Settings)
		if i > 0 {
			phase.Stack.AddStackDependency(phases[i-1].Stack, jsii.String("phases are deployed in order"))
		}
	}
	return nil
}
