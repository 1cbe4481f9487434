package cloud

import (
	"reflect"
	"testing"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func TestAThrottleThatIsHalfDeclaredHasTheAccountsOtherHalf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		settings properties
		want     *gateway.Throttle
	}{
		{properties{"LoggingLevel": "INFO"}, nil},
		{properties{"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0.0}, &gateway.Throttle{}},
		{properties{"ThrottlingRateLimit": 5.0}, &gateway.Throttle{RateLimit: 5, BurstLimit: 5_000}},
		{properties{"ThrottlingBurstLimit": 5.0}, &gateway.Throttle{RateLimit: 10_000, BurstLimit: 5}},
		{properties{"ThrottlingRateLimit": 0.5, "ThrottlingBurstLimit": "2"}, &gateway.Throttle{RateLimit: 0.5, BurstLimit: 2}},
	} {
		if got, err := throttleOf(c.settings); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v gives %v, %v, want %v", c.settings, got, err, c.want)
		}
	}
	for _, bad := range []properties{{"ThrottlingRateLimit": "x"}, {"ThrottlingBurstLimit": 1.5}} {
		if got, err := throttleOf(bad); err == nil {
			t.Errorf("%v gives %v", bad, got)
		}
	}
}
