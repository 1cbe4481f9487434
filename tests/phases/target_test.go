package phases

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// local is the environment of the emulated account.
const local = "local"

// ownName is the form of an environment that tests may make on AWS.
var ownName = regexp.MustCompile(`^test-[a-z0-9]{1,10}$`)

// target says what the tests are run against.
type target struct {
	// environment is its name: local, dev, staging, prod or test-<suffix>.
	environment string
	// made means that this run deploys it, and destroys it in the end.
	made bool
}

func (t target) local() bool { return t.environment == local }

// chooseTarget reads TARGET, MIYABI_ENV and SKIP_deploy. It refuses what could touch an account that nobody meant.
func chooseTarget(getenv func(string) string) (target, error) {
	t := target{environment: getenv("MIYABI_ENV"), made: getenv("SKIP_deploy") == ""}
	switch where := getenv("TARGET"); {
	case where == "" || where == "local":
		if t.environment == "" {
			t.environment = local
		}
		if !t.local() {
			return t, fmt.Errorf("MIYABI_ENV=%s is at AWS: set TARGET=aws to test it there", t.environment)
		}
		if !t.made && getenv("AWS_ENDPOINT_URL") == "" && getenv("MIYABI_STATE") == "" {
			return t, errors.New("SKIP_deploy needs a deployment: set MIYABI_STATE to the folder that `make status ENV=local` names, or leave SKIP_deploy out")
		}
		return t, loopback(getenv("AWS_ENDPOINT_URL"), t.made)
	case where != "aws":
		return t, fmt.Errorf("TARGET=%s is unknown: use local or aws", where)
	case getenv("AWS_ENDPOINT_URL") != "":
		return t, fmt.Errorf("TARGET=aws with AWS_ENDPOINT_URL=%s: take one of them away", getenv("AWS_ENDPOINT_URL"))
	case t.environment == "" && !t.made:
		return t, errors.New("SKIP_deploy needs MIYABI_ENV, the environment that is deployed")
	case t.environment == "":
		t.environment = "test-" + strings.ToLower(rand.Text()[:8])
	case t.local():
		return t, fmt.Errorf("TARGET=aws has no environment local: leave MIYABI_ENV out, and the tests make one of their own")
	case t.made && !ownName.MatchString(t.environment):
		return t, fmt.Errorf("the tests deploy and destroy only environments called test-<suffix>, not %s: set SKIP_deploy=true and SKIP_teardown=true to test it as it is", t.environment)
	}
	return t, nil
}

// loopback refuses an emulated account that is not on this machine, and a deployment that is to be asked and not named.
func loopback(endpoint string, made bool) error {
	if endpoint == "" {
		return nil
	}
	if made {
		return fmt.Errorf("AWS_ENDPOINT_URL=%s names a deployment: set SKIP_deploy=true and SKIP_teardown=true to test it as it is", endpoint)
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("AWS_ENDPOINT_URL: %w", err)
	}
	if host := u.Hostname(); host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("AWS_ENDPOINT_URL=%s is not on this machine", endpoint)
	}
	return nil
}

// forgetAccounts takes everything out of the process that leads to an AWS account, so that a test of the emulated one
// can never reach another.
func forgetAccounts() error {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "TERRATEST_") {
			if err := os.Unsetenv(name); err != nil {
				return fmt.Errorf("unset %s: %w", name, err)
			}
		}
	}
	// Port 9 of this machine answers nobody (RFC 863).
	return setAll(map[string]string{
		"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": region,
		"AWS_DEFAULT_REGION": region, "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
	})
}

func setAll(variables map[string]string) error {
	for name, value := range variables {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}
