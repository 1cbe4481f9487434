package phases

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"
)

// pager lists something of an account, page by page.
type pager[Page, Option any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*Option)) (*Page, error)
}

// named lists the names on all pages.
func named[Page, Option any](t *testing.T, pages pager[Page, Option], names func(*Page) []*string) (found []string) {
	t.Helper()
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, name := range names(page) {
			found = append(found, aws.ToString(name))
		}
	}
	return found
}

// pluck gives the name of each item.
func pluck[Item any](items []Item, name func(Item) *string) (names []*string) {
	for _, item := range items {
		names = append(names, name(item))
	}
	return names
}

// requireNothingLeft looks for what costs money or holds data.
func (d *deployment) requireNothingLeft(t *testing.T, vpc string) {
	t.Helper()
	for kind, names := range inventory(t) {
		for _, name := range names {
			// Names are written with slashes, in capitals and in small letters.
			require.NotContains(t, strings.ToLower(strings.ReplaceAll(name, "/", "-")), "miyabi-"+d.environment, kind)
		}
	}
	networks, err := ec2.NewFromConfig(cloud(t)).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}})
	require.NoError(t, err)
	require.Empty(t, networks.Vpcs)
}

// inventory lists the names of what an account has.
func inventory(t *testing.T) map[string][]string {
	t.Helper()
	c := cloud(t)
	return map[string][]string{
		"function": named(t, lambda.NewListFunctionsPaginator(lambda.NewFromConfig(c), &lambda.ListFunctionsInput{}), func(page *lambda.ListFunctionsOutput) []*string {
			return pluck(page.Functions, func(f lambdatypes.FunctionConfiguration) *string { return f.FunctionName })
		}),
		"database instance": named(t, rds.NewDescribeDBInstancesPaginator(rds.NewFromConfig(c), &rds.DescribeDBInstancesInput{}), func(page *rds.DescribeDBInstancesOutput) []*string {
			return pluck(page.DBInstances, func(i rdstypes.DBInstance) *string { return i.DBInstanceIdentifier })
		}),
		"log group": named(t, cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(c), &cloudwatchlogs.DescribeLogGroupsInput{}), func(page *cloudwatchlogs.DescribeLogGroupsOutput) []*string {
			return pluck(page.LogGroups, func(g logtypes.LogGroup) *string { return g.LogGroupName })
		}),
		"bucket": named(t, s3.NewListBucketsPaginator(s3.NewFromConfig(c), &s3.ListBucketsInput{}), func(page *s3.ListBucketsOutput) []*string {
			return pluck(page.Buckets, func(b s3types.Bucket) *string { return b.Name })
		}),
		"secret": named(t, secretsmanager.NewListSecretsPaginator(secretsmanager.NewFromConfig(c), &secretsmanager.ListSecretsInput{}), func(page *secretsmanager.ListSecretsOutput) []*string {
			return pluck(page.SecretList, func(s secrettypes.SecretListEntry) *string { return s.Name })
		}),
		"topic": named(t, sns.NewListTopicsPaginator(sns.NewFromConfig(c), &sns.ListTopicsInput{}), func(page *sns.ListTopicsOutput) []*string {
			return pluck(page.Topics, func(t snstypes.Topic) *string { return t.TopicArn })
		}),
	}
}
