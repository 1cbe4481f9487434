package policy

import (
	"slices"

	"github.com/miyabi-society/platform/infra/environment"
)

// deployExceptions are those of the roles by which GitHub Actions deploy the environments. What such a role may do ends at
// its environment by the names of the resources; wildcards stand only for the part of a name that AWS chooses.
func deployExceptions() []Exception {
	var all []Exception
	for _, env := range environment.Deployed() {
		all = append(all, deployExceptionsOf(env)...)
	}
	return all
}

func deployExceptionsOf(env string) []Exception {
	except := func(reason, until string, resources ...string) Exception {
		var details []string
		for _, resource := range resources {
			details = append(details, "Resource::"+resource)
		}
		return Exception{
			Stack: "Account", Resource: "Deploy-" + env + "/DefaultPolicy/Resource",
			Rules: []string{"AwsSolutions-IAM5", "narrow-permissions"}, Details: details,
			Reason: reason, Until: until,
		}
	}
	all := []Exception{
		except("Reads the ids that the environment's own phases have published, and the history of their releases, below one path; they hold no secret, and each phase adds some.",
			"Something secret is kept below this path.",
			"arn:aws:ssm:{region}:<AWS::AccountId>:parameter/miyabi/"+env+"/*"),
		except("Keeps the environment's releases, for going back to one, below one path of the bootstrap bucket; their names come from the time of a deployment.",
			"Releases are kept in a bucket of each environment's own.",
			"arn:aws:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-{region}/miyabi/"+env+"/*"),
		except("Watches the environment's own stacks; CloudFormation ends a stack's name with an id of its own.",
			"CloudFormation lets these actions be given by name alone.",
			each([]string{"Foundation", "Database", "Schema", "Api", "Dashboard", "Operations"}, func(stack string) string {
				return "arn:aws:cloudformation:{region}:<AWS::AccountId>:stack/Miyabi-" + env + "-" + stack + "/*"
			})...),
		except("Removes old versions of the environment's own functions, whose numbers Lambda counts; the functions themselves, which have no number in their names, are not among them.",
			"Lambda removes old versions by itself.",
			each([]string{"api", "auth"}, func(function string) string {
				return "arn:aws:lambda:{region}:<AWS::AccountId>:function:Miyabi-" + env + "-" + function + ":*"
			})...),
	}
	// cdk-nag cannot tell what is allowed on everything, our rule can.
	limits := except("Reads how many functions the account may run at once, before a deployment; lambda:GetAccountSettings knows no resource. "+
		"https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html",
		"Lambda lets the action be given for something narrower.",
		"*")
	limits.Rules = []string{"AwsSolutions-IAM5"}
	all = append(all, limits)
	limits.Rules, limits.Details = []string{"narrow-permissions"}, []string{"lambda:GetAccountSettings on *"}
	all = append(all, limits)
	if env != environment.Prod {
		all = append(all, except("Empties the site's bucket before its stack is deleted; CloudFormation ends the bucket's name with letters of its own.",
			"The bucket has a name of our own.",
			"arn:aws:s3:::miyabi-"+env+"-dashboard-*", "arn:aws:s3:::miyabi-"+env+"-dashboard-*/*"))
	}
	return all
}

func each(names []string, resource func(string) string) []string {
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = resource(name)
	}
	return names
}
