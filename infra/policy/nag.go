package policy

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/miyabi-society/platform/infra/environment"
)

// nagPack starts the ids of cdk-nag's rules. https://github.com/cdklabs/cdk-nag/blob/main/RULES.md
const nagPack = "AwsSolutions-"

// AddNag makes cdk-nag judge every resource at synthesis. What it finds is in CDK's validation report, what it has judged
// in a file for each stack, which ReadNagFiles reads and takes away.
func AddNag(app awscdk.App) {
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Reports: jsii.Bool(true)}), nil)
}

// ApplyExceptions tells cdk-nag the exceptions of the stack. It writes them, with their reasons, into the metadata of the
// resources in the template. A resource that the environment does not have needs no exception.
func ApplyExceptions(stack awscdk.Stack, settings environment.Settings) {
	name := shortName(*stack.StackName())
	suppressions := map[string][]*cdknag.NagPackSuppression{}
	var resources []string
	for _, exception := range exceptions {
		if exception.Stack != name || !exception.appliesTo(settings) {
			continue
		}
		if !slices.Contains(resources, exception.Resource) {
			resources = append(resources, exception.Resource)
		}
		suppressions[exception.Resource] = append(suppressions[exception.Resource], exception.suppressions(settings)...)
	}
	for _, resource := range resources {
		list := suppressions[resource]
		if found := find(stack, resource); found != nil && len(list) > 0 {
			cdknag.NagSuppressions_AddResourceSuppressions(found, &list, jsii.Bool(false))
		}
	}
}

// suppressions is the exception in cdk-nag's form, one for each of its rules.
func (e Exception) suppressions(settings environment.Settings) []*cdknag.NagPackSuppression {
	var all []*cdknag.NagPackSuppression
	for _, rule := range e.Rules {
		if !strings.HasPrefix(rule, nagPack) {
			continue
		}
		suppression := &cdknag.NagPackSuppression{Id: jsii.String(rule), Reason: jsii.String(e.Reason + " Until: " + e.Until)}
		if len(e.Details) > 0 {
			var details []any
			for _, detail := range e.details(settings) {
				details = append(details, detail)
			}
			suppression.AppliesTo = &details
		}
		all = append(all, suppression)
	}
	return all
}

// find is the construct at a path below the stack; nil when there is none.
func find(stack awscdk.Stack, path string) constructs.IConstruct {
	var construct constructs.IConstruct = stack
	for id := range strings.SplitSeq(path, "/") {
		construct = construct.Node().TryFindChild(jsii.String(id))
		if construct == nil {
			return nil
		}
	}
	return construct
}
