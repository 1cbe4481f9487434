package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
)

// TellOfFailures sends an event that the function could not handle, after Lambda's two retries, to a topic together with
// the error. It is for functions that are invoked asynchronously; nobody else would hear of the failure. Lambda itself
// publishes, with the function's role but outside of its process, so that it works for functions inside the network too.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func (f GoFunction) TellOfFailures(topicARN *string) {
	f.Allow([]string{"sns:Publish"}, topicARN)
	config := awslambda.NewCfnEventInvokeConfig(f.Function, jsii.String("AsyncFailures"), &awslambda.CfnEventInvokeConfigProps{
		FunctionName:         f.Function.FunctionName(),
		Qualifier:            jsii.String("$LATEST"),
		MaximumRetryAttempts: jsii.Number(2),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: topicARN},
		},
	})
	// Lambda checks at once that the role may publish.
	config.Node().AddDependency(f.Function.Role())
}
