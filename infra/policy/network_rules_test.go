package policy_test

import (
	"slices"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// waysOut has each way out of a network twice, and groups that use one.
const waysOut = `{"Resources": {
	"FirstGateway": {"Type": "AWS::EC2::NatGateway"}, "SecondGateway": {"Type": "AWS::EC2::NatGateway"},
	"FirstMachine": {"Type": "AWS::EC2::Instance", "Properties": {"SourceDestCheck": false}},
	"SecondMachine": {"Type": "AWS::EC2::Instance", "Properties": {"SourceDestCheck": false}},
	"NoWayOut": {"Type": "AWS::EC2::Instance"},
	"Out": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupEgress": [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]}},
	"OutOfAll": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}},
	"In": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}},
	"InSix": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {"CidrIpv6": "::/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}}
}}`

func TestOnlyTheWayOutThatTheSettingAsksForIsAllowed(t *testing.T) {
	t.Parallel()
	template, err := policy.ParseTemplate("Miyabi-dev-Foundation", []byte(waysOut))
	if err != nil {
		t.Fatal(err)
	}
	always := []string{"In", "InSix", "OutOfAll", "SecondGateway", "SecondMachine"}
	for egress, more := range map[environment.Egress][]string{
		environment.EgressIPv6:        {"FirstGateway", "FirstMachine", "Out"},
		environment.EgressNATGateway:  {"FirstMachine"},
		environment.EgressNATInstance: {"FirstGateway"},
	} {
		settings := environment.Settings{Name: environment.Dev, Network: environment.Network{Egress: egress}}
		violations, _ := policy.Check(policy.Assembly{Settings: settings, Templates: []policy.Template{template}})
		var got []string
		for _, violation := range violations {
			if violation.Rule == "no-nat" || violation.Rule == "closed-groups" {
				got = append(got, violation.Resource)
			}
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(slices.Concat(always, more))); !slices.Equal(got, want) {
			t.Errorf("with %s these break a rule: %v, want %v", egress, got, want)
		}
	}
}
