package policy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/policy"
)

func TestEachExceptionHasAReasonForAReviewer(t *testing.T) {
	t.Parallel()
	for _, exception := range policy.Exceptions() {
		place := exception.Stack + "/" + exception.Resource
		if len(exception.Reason) < 60 || !strings.HasSuffix(exception.Until, ".") || len(exception.Until) < 20 {
			t.Errorf("%s %v does not say why it holds and what would end it", place, exception.Rules)
		}
		// cdk-nag writes anything else as base64 into the template, where nobody could read it.
		if strings.ContainsFunc(exception.Reason+exception.Until, func(r rune) bool { return r > 126 }) {
			t.Errorf("the reason of %s is not plain ASCII", place)
		}
	}
}

func TestEachExceptionIsForRulesThatExist(t *testing.T) {
	t.Parallel()
	nag := regexp.MustCompile(`^AwsSolutions-[A-Z]+[0-9]+$`)
	for _, exception := range policy.Exceptions() {
		for _, rule := range exception.Rules {
			known := slices.ContainsFunc(policy.Rules(), func(r policy.Rule) bool { return r.Name == rule })
			if !known && !nag.MatchString(rule) {
				t.Errorf("%s/%s is excepted from the rule %q, which there is not", exception.Stack, exception.Resource, rule)
			}
		}
	}
}

func TestNoExceptionIsForEverything(t *testing.T) {
	t.Parallel()
	for _, exception := range policy.Exceptions() {
		if strings.Contains(exception.Resource, "*") || exception.Resource == "" || exception.Stack == "" || len(exception.Rules) == 0 {
			t.Errorf("%+v names no single resource and rule", exception)
		}
		for _, rule := range exception.Rules {
			// These two rules tell which permission they mean, so an exception must say it too.
			granular := rule == "AwsSolutions-IAM4" || rule == "AwsSolutions-IAM5"
			if granular && len(exception.Details) == 0 {
				t.Errorf("%s/%s is excepted from all of %s", exception.Stack, exception.Resource, rule)
			}
		}
	}
}
