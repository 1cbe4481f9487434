// Package versions bounds the number of published versions of functions. The stacks keep every version, so that an
// alias can go back to one; Lambda's storage for code is limited.
package versions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// Kept is how many of the newest versions stay that no alias refers to.
const Kept = 5

// Prune deletes the old versions of a function that no alias refers to, and gives those it deleted.
func Prune(ctx context.Context, c *lambda.Client, function string) ([]string, error) {
	var all []string
	for page := lambda.NewListVersionsByFunctionPaginator(c, &lambda.ListVersionsByFunctionInput{FunctionName: &function}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the versions of function %s: %w", function, err)
		}
		for _, v := range out.Versions {
			all = append(all, aws.ToString(v.Version))
		}
	}
	var aliases []types.AliasConfiguration
	for page := lambda.NewListAliasesPaginator(c, &lambda.ListAliasesInput{FunctionName: &function}); page.HasMorePages(); {
		out, err := page.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the aliases of function %s: %w", function, err)
		}
		aliases = append(aliases, out.Aliases...)
	}
	old := disposable(all, inUse(aliases))
	for _, v := range old {
		if _, err := c.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &function, Qualifier: &v}); err != nil {
			return nil, fmt.Errorf("delete version %s of function %s: %w", v, function, err)
		}
	}
	return old, nil
}

// Functions are the names of the functions whose versions have the given ARNs,
// arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION, each once and sorted.
func Functions(published []string) []string {
	var names []string
	for _, arn := range published {
		if parts := strings.Split(arn, ":"); len(parts) >= 7 {
			names = append(names, parts[6])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// inUse are the versions that aliases send requests to.
func inUse(aliases []types.AliasConfiguration) []string {
	var used []string
	for _, a := range aliases {
		used = append(used, aws.ToString(a.FunctionVersion))
		if a.RoutingConfig != nil {
			for v := range a.RoutingConfig.AdditionalVersionWeights {
				used = append(used, v)
			}
		}
	}
	return used
}

// disposable are the published versions, oldest first, that are neither in use nor among the newest.
func disposable(all, used []string) []string {
	var free []int
	for _, v := range all {
		// $LATEST is no published version.
		if n, err := strconv.Atoi(v); err == nil && !slices.Contains(used, v) {
			free = append(free, n)
		}
	}
	slices.SortFunc(free, func(a, b int) int { return cmp.Compare(b, a) })
	var old []string
	for _, n := range slices.Backward(free[min(Kept, len(free)):]) {
		old = append(old, strconv.Itoa(n))
	}
	return old
}
