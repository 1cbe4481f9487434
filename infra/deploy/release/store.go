package release

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Store keeps the releases of one phase.
type Store struct {
	S3  *s3.Client
	SSM *ssm.Client
	// Bucket is the bootstrap bucket.
	Bucket string
	// Prefix of the objects, with a slash at the end: miyabi/<environment>/<phase>/.
	Prefix string
	// Parameter holds the current release's id.
	Parameter string
}

func (s Store) key(id ID) string { return s.Prefix + string(id) + ".zip" }

// Current is the id of the deployed release, "" when there is none.
func (s Store) Current(ctx context.Context) (ID, error) {
	out, err := s.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &s.Parameter})
	var none *ssmtypes.ParameterNotFound
	if errors.As(err, &none) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", s.Parameter, err)
	}
	return ParseID(aws.ToString(out.Parameter.Value))
}

// History are the values that the parameter had, oldest first. Parameter Store keeps the last 100.
//
// Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
func (s Store) History(ctx context.Context) ([]ID, error) {
	var found []ssmtypes.ParameterHistory
	for page := ssm.NewGetParameterHistoryPaginator(s.SSM, &ssm.GetParameterHistoryInput{Name: &s.Parameter}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		var none *ssmtypes.ParameterNotFound
		if errors.As(err, &none) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", s.Parameter, err)
		}
		found = append(found, out.Parameters...)
	}
	slices.SortFunc(found, func(a, b ssmtypes.ParameterHistory) int { return int(a.Version - b.Version) })
	ids := make([]ID, 0, len(found))
	for _, p := range found {
		id, err := ParseID(aws.ToString(p.Value))
		if err != nil {
			return nil, fmt.Errorf("the history of %s: %w", s.Parameter, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Keep uploads the archive of a release. It does not make the release the current one.
func (s Store) Keep(ctx context.Context, id ID, archive string) error {
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer func() { _ = f.Close() }()
	key := s.key(id)
	if _, err := s.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: f, ContentType: aws.String("application/zip")}); err != nil {
		return fmt.Errorf("store the release as s3://%s/%s: %w", s.Bucket, key, err)
	}
	return nil
}

// Point makes a release the current one.
func (s Store) Point(ctx context.Context, id ID) error {
	_, err := s.SSM.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &s.Parameter, Value: aws.String(string(id)), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
		Description: aws.String("The deployed release of this phase; written by make deploy and make rollback"),
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", s.Parameter, err)
	}
	return nil
}

// Fetch downloads the archive of a release into a file.
func (s Store) Fetch(ctx context.Context, id ID, archive string) error {
	key := s.key(id)
	out, err := s.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.Bucket, Key: &key})
	var none *s3types.NoSuchKey
	if errors.As(err, &none) {
		return fmt.Errorf("release %s is no longer stored (s3://%s/%s)", id, s.Bucket, key)
	}
	if err != nil {
		return fmt.Errorf("fetch release %s: %w", id, err)
	}
	defer func() { _ = out.Body.Close() }()
	f, err := os.Create(archive)
	if err != nil {
		return fmt.Errorf("fetch release %s: %w", id, err)
	}
	_, err = f.ReadFrom(out.Body)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("fetch release %s: %w", id, err)
	}
	return nil
}

// Forget removes the parameter with its history and, unless they are kept, the archives.
func (s Store) Forget(ctx context.Context, keepArchives bool) error {
	_, err := s.SSM.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &s.Parameter})
	var none *ssmtypes.ParameterNotFound
	if err != nil && !errors.As(err, &none) {
		return fmt.Errorf("delete %s: %w", s.Parameter, err)
	}
	if keepArchives {
		return nil
	}
	for page := s3.NewListObjectsV2Paginator(s.S3, &s3.ListObjectsV2Input{Bucket: &s.Bucket, Prefix: &s.Prefix}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list the releases in s3://%s/%s: %w", s.Bucket, s.Prefix, err)
		}
		for _, o := range out.Contents {
			if !strings.HasSuffix(aws.ToString(o.Key), ".zip") {
				continue
			}
			if _, err := s.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.Bucket, Key: o.Key}); err != nil {
				return fmt.Errorf("delete the release s3://%s/%s: %w", s.Bucket, aws.ToString(o.Key), err)
			}
		}
	}
	return nil
}
