package cloud

import (
	"reflect"
	"testing"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

func TestAThrottleThatIsHalfDeclaredHasTheAccountsOtherHalf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		settings map[string]any
		want     *gateway.Throttle
	}{
		{map[string]any{"LoggingLevel": "INFO"}, nil},
		{map[string]any{"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0.0}, &gateway.Throttle{}},
		{map[string]any{"ThrottlingRateLimit": 5.0}, &gateway.Throttle{RateLimit: 5, BurstLimit: 5_000}},
		{map[string]any{"ThrottlingBurstLimit": 5.0}, &gateway.Throttle{RateLimit: 10_000, BurstLimit: 5}},
		{map[string]any{"ThrottlingRateLimit": 0.5, "ThrottlingBurstLimit": "2"}, &gateway.Throttle{RateLimit: 0.5, BurstLimit: 2}},
	} {
		settings := propertiesOf(c.settings)
		if got := throttleOf(settings); *settings.fault != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v gives %v, %v, want %v", c.settings, got, *settings.fault, c.want)
		}
	}
}
