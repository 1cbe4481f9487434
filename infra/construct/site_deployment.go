package construct

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3deployment"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// deploySite uploads the files whose names change with their content first and the pages that name them last, so that
// no visitor gets a page whose files are not there yet. Nothing is pruned: pages that are open in a browser still load
// the files of the release before.
func deploySite(scope constructs.Construct, props StaticSiteProps, bucket awss3.Bucket) {
	logs := NewLogGroup(scope, "DeploymentLogs", props.Settings)
	hashed := newDeployment(scope, "HashedAssets", deployment{
		source:  awss3deployment.Source_Asset(jsii.String(props.Folders.HashedAssets()), nil),
		prefix:  "_next/static",
		caching: []string{"public", "max-age=31536000", "immutable"},
	}, props, bucket, logs)
	pages := newDeployment(scope, "Pages", deployment{
		source: awss3deployment.Source_Asset(jsii.String(props.Folders.Site), &awss3assets.AssetOptions{
			Exclude:    jsii.Strings("_next/static"),
			IgnoreMode: awscdk.IgnoreMode_GLOB,
		}),
		caching: []string{"no-cache"},
	}, props, bucket, logs)
	pages.Node().AddDependency(hashed)
}

// deployment is one upload of files with their Cache-Control directives.
type deployment struct {
	source  awss3deployment.ISource
	prefix  string
	caching []string
}

func newDeployment(scope constructs.Construct, id string, what deployment, props StaticSiteProps, bucket awss3.Bucket, logs awslogs.LogGroup) awss3deployment.BucketDeployment {
	config := &awss3deployment.BucketDeploymentProps{
		Sources:           &[]awss3deployment.ISource{what.source},
		DestinationBucket: bucket,
		CacheControl:      &[]awss3deployment.CacheControl{awss3deployment.CacheControl_FromString(jsii.String(strings.Join(what.caching, ", ")))},
		Prune:             jsii.Bool(false),
		RetainOnDelete:    jsii.Bool(props.Settings.KeepData),
		MemoryLimit:       jsii.Number(256),
		LogGroup:          logs,
	}
	if what.prefix != "" {
		config.DestinationKeyPrefix = jsii.String(what.prefix)
	}
	return awss3deployment.NewBucketDeployment(scope, jsii.String(id), config)
}
