package versions

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

func TestTheNewestVersionsAndThoseInUseStay(t *testing.T) {
	t.Parallel()
	all := []string{"$LATEST", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}
	used := inUse([]types.AliasConfiguration{
		{FunctionVersion: aws.String("11")},
		{FunctionVersion: aws.String("10"), RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.1}}},
	})
	if got := disposable(all, used); !slices.Equal(got, []string{"1", "3", "4"}) {
		t.Errorf("deletes %v", got)
	}
	if got := disposable(all[:6], nil); got != nil {
		t.Errorf("deletes %v of five", got)
	}
}

func TestTheFunctionOfAVersionIsInItsARN(t *testing.T) {
	t.Parallel()
	arn := "arn:aws:lambda:us-east-1:123456789012:function:Miyabi-dev-"
	if got := Functions([]string{arn + "auth:2", arn + "api:7", arn + "api:8"}); !slices.Equal(got, []string{"Miyabi-dev-api", "Miyabi-dev-auth"}) {
		t.Errorf("functions %v", got)
	}
}
