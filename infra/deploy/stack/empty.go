package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Empty deletes every object of a bucket, with all versions: CloudFormation deletes only an empty one. A bucket that
// has gone is no error. It gives the number of objects.
func Empty(ctx context.Context, c *s3.Client, bucket string) (int, error) {
	deleted := 0
	for page := s3.NewListObjectVersionsPaginator(c, &s3.ListObjectVersionsInput{Bucket: &bucket}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		var none *types.NoSuchBucket
		if errors.As(err, &none) {
			return deleted, nil
		}
		if err != nil {
			return deleted, fmt.Errorf("list the objects of bucket %s: %w", bucket, err)
		}
		var batch []types.ObjectIdentifier
		for _, v := range out.Versions {
			batch = append(batch, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range out.DeleteMarkers {
			batch = append(batch, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(batch) == 0 {
			continue
		}
		quiet := true
		result, err := c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: batch, Quiet: &quiet}})
		if err != nil {
			return deleted, fmt.Errorf("empty bucket %s: %w", bucket, err)
		}
		if len(result.Errors) > 0 {
			return deleted, fmt.Errorf("empty bucket %s: %s: %s", bucket, *result.Errors[0].Key, *result.Errors[0].Message)
		}
		deleted += len(batch)
	}
	return deleted, nil
}
