package cloud

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// site is a bucket to which a zip of the code bucket is deployed.
func site(key, more string) string {
	return withActor + fmt.Sprintf(`
  Bucket: {Type: AWS::S3::Bucket}
  Files:
    Type: Custom::CDKBucketDeployment
    Properties:
      ServiceToken: !GetAtt Actor.Arn
      SourceBucketNames: [%s]
      SourceObjectKeys: [%s]
      DestinationBucketName: !Ref Bucket
      DestinationBucketKeyPrefix: site
      SystemMetadata: {cache-control: no-cache}
      UserMetadata: {Origin: here}
%s`, codeBucket, key, more)
}

func (s *stack) upload(files map[string]string) string {
	s.Helper()
	content, err := zipped(files)
	if err != nil {
		s.Fatal(err)
	}
	key := fmt.Sprintf("%s-%d.zip", s.name, number.Add(1))
	if err := s.put(codeBucket, key, content); err != nil {
		s.Fatal(err)
	}
	return key
}

func (s *stack) keys(bucket string) (keys []string) {
	s.Helper()
	out, err := s.s3().ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		s.Fatal(err)
	}
	for _, o := range out.Contents {
		keys = append(keys, aws.ToString(o.Key))
	}
	return keys
}

func TestABucketDeploymentPutsTheFilesWithTheirMetadata(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusCreateComplete, site(s.upload(map[string]string{"index.html": "<p>", "app/main.js": "1"}), ""))
	bucket := s.physical("Bucket")
	if got := s.keys(bucket); !slices.Equal(got, []string{"site/app/main.js", "site/index.html"}) {
		t.Errorf("the bucket holds %v", got)
	}
	head, err := s.s3().HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("site/index.html")})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(head.ContentType) != "text/html" || aws.ToString(head.CacheControl) != "no-cache" || head.Metadata["origin"] != "here" {
		t.Errorf("%s, %s, %v", aws.ToString(head.ContentType), aws.ToString(head.CacheControl), head.Metadata)
	}
}

func TestABucketDeploymentPrunesOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{
		"      Prune: false":      {"site/new.txt", "site/old.txt"},
		"      Prune: true":       {"site/new.txt"},
		"":                        {"site/new.txt"},
		"      Exclude: ['old*']": {"site/new.txt", "site/old.txt"},
		"      Exclude: ['*']\n      Include: [new.txt]":        {"site/new.txt", "site/old.txt"},
		"      Exclude: ['*']\n      Include: ['*.txt']":        {"site/new.txt"},
		"      Prune: 'false'\n      OutputObjectKeys: 'false'": {"site/new.txt", "site/old.txt"},
	} {
		t.Run(strings.TrimSpace(more), func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.must(types.StackStatusCreateComplete, site(s.upload(map[string]string{"old.txt": "1"}), ""))
			s.must(types.StackStatusUpdateComplete, site(s.upload(map[string]string{"new.txt": "2"}), more))
			if got := s.keys(s.physical("Bucket")); !slices.Equal(got, want) {
				t.Errorf("the bucket holds %v, want %v", got, want)
			}
		})
	}
}

func TestABucketDeploymentLeavesItsFilesUnlessTold(t *testing.T) {
	t.Parallel()
	for retain, want := range map[string]int{"true": 1, "false": 0} {
		s := newStack(t)
		keep := "  Bucket: {Type: AWS::S3::Bucket}"
		key := s.upload(map[string]string{"a.txt": "1"})
		s.must(types.StackStatusCreateComplete, site(key, "      RetainOnDelete: "+retain))
		s.must(types.StackStatusUpdateComplete, withActor+keep)
		if got := s.keys(s.physical("Bucket")); len(got) != want {
			t.Errorf("RetainOnDelete %s leaves %v", retain, got)
		}
	}
}

func TestABucketDeploymentWithoutItsSourceFails(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(types.StackStatusRollbackComplete, site("nothing.zip", ""))
	s.logged("Files", "CREATE_FAILED", "NoSuchKey")
}
