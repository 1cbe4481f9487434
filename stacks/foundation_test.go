package stacks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
)

func TestFunctionSubnetsReachIPv6OnlyAndDatabaseSubnetsNothing(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	routes := s.IDs("AWS::EC2::Route")
	if len(routes) != 2 {
		t.Fatalf("routes: %v", routes)
	}
	for _, route := range routes {
		s.want(route, "DestinationIpv6CidrBlock", `"::/0"`)
		s.want(route, "EgressOnlyInternetGatewayId", `{"Ref": "`+s.only("AWS::EC2::EgressOnlyInternetGateway")+`"}`)
		if !strings.Contains(s.text(route), "VpcFunctionSubnet") {
			t.Errorf("%s leads out of a subnet that is not for functions", route)
		}
	}
	for _, kind := range []string{"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::EIP"} {
		if ids := s.IDs(kind); len(ids) > 0 {
			t.Errorf("there is a %s: %v", kind, ids)
		}
	}
}

func TestS3IsReachedOverAGatewayEndpointOfTheFunctionSubnets(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	endpoint := s.only("AWS::EC2::VPCEndpoint")
	s.want(endpoint, "VpcEndpointType", `"Gateway"`)
	if text := s.text(endpoint); strings.Count(text, "VpcFunctionSubnet") != 2 || strings.Contains(text, "VpcDatabaseSubnet") {
		t.Errorf("route tables: %s", text)
	}
}

func TestTheFlowLogKeepsAllTraffic(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	flowLog := s.only("AWS::EC2::FlowLog")
	s.want(flowLog, "TrafficType", `"ALL"`)
	s.want(s.only("AWS::Logs::LogGroup"), "RetentionInDays", `30`)
}

func TestOnlyAlarmsAndTheBudgetOfTheAccountPublishToTheTopic(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	policy := s.only("AWS::SNS::TopicPolicy")
	s.want(policy, "PolicyDocument.Statement.0.Effect", `"Deny"`)
	s.want(policy, "PolicyDocument.Statement.1.Principal.Service", `["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]`)
	s.want(policy, "PolicyDocument.Statement.1.Condition", `{"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}`)
}

func TestAlarmsGoByEmailWhenAnAddressIsGiven(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	subscription := s.only("AWS::SNS::Subscription")
	s.want(subscription, "Protocol", `"email"`)
	if got := s.attribute(subscription, "Condition"); got != "HasAlarmEmail" || s.Parameters["AlarmEmail"]["Default"] != "" {
		t.Errorf("condition %v, parameter %v", got, s.Parameters["AlarmEmail"])
	}
}

// The schemas of cfn-lint carry no list of the values of these properties.
func TestTheBudgetAlertsAtTheLimitOfTheEnvironmentsCostTag(t *testing.T) {
	t.Parallel()
	s := stackOf(t, environment.Prod, "Foundation")
	budget := s.only("AWS::Budgets::Budget")
	s.want(budget, "Budget.BudgetLimit", `{"Amount": 52, "Unit": "USD"}`)
	s.want(budget, "Budget.BudgetType", `"COST"`)
	s.want(budget, "Budget.TimeUnit", `"MONTHLY"`)
	s.want(budget, "Budget.CostFilters", `{"TagKeyValue": ["user:cost-center$miyabi-prod"]}`)
	for i, want := range []string{`"ACTUAL"`, `"ACTUAL"`, `"FORECASTED"`} {
		path := "NotificationsWithSubscribers." + string(rune('0'+i))
		s.want(budget, path+".Notification.NotificationType", want)
		s.want(budget, path+".Subscribers.0.SubscriptionType", `"SNS"`)
	}
}

// An environment that changes its way out keeps its addresses, else its database would have to move.
func TestAWayOutOverIPv4MovesNoSubnet(t *testing.T) {
	t.Parallel()
	own := stackOf(t, environment.Dev, "Foundation")
	for _, name := range []string{withNATGateway, withNATInstance} {
		s := stackOf(t, name, "Foundation")
		for _, id := range own.IDs("AWS::EC2::Subnet") {
			if got, want := s.property(id, "CidrBlock"), own.property(id, "CidrBlock"); got != want {
				t.Errorf("%s: %s has the addresses %v, want %v", name, id, got, want)
			}
			if got, want := s.property(id, "Ipv6CidrBlock.Fn::Select.0"), own.property(id, "Ipv6CidrBlock.Fn::Select.0"); got != want {
				t.Errorf("%s: %s is the network %v of IPv6, want %v", name, id, got, want)
			}
		}
	}
}

func TestTheWayOutOverIPv4IsOneAndLeadsFromTheFunctionSubnetsOnly(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]struct{ kind, target string }{
		withNATGateway: {"AWS::EC2::NatGateway", "NatGatewayId"}, withNATInstance: {"AWS::EC2::Instance", "InstanceId"},
	} {
		s := stackOf(t, name, "Foundation")
		out := s.only(way.kind)
		if !strings.HasPrefix(out, "VpcPublicSubnet1") {
			t.Errorf("%s: %s is not in the first public subnet", name, out)
		}
		from := map[string]bool{}
		for _, route := range s.IDs("AWS::EC2::Route") {
			if s.property(route, way.target) == nil {
				continue
			}
			s.want(route, "DestinationCidrBlock", `"0.0.0.0/0"`)
			s.want(route, way.target, `{"Ref": "`+out+`"}`)
			from[s.property(route, "RouteTableId.Ref").(string)[:len("VpcFunctionSubnet1")]] = true
		}
		if len(from) != 2 || !from["VpcFunctionSubnet1"] || !from["VpcFunctionSubnet2"] {
			t.Errorf("%s: it is the way out of %v", name, from)
		}
		for _, subnet := range s.IDs("AWS::EC2::Subnet") {
			s.want(subnet, "MapPublicIpOnLaunch", `false`)
		}
	}
}

// EC2 refuses a route to a gateway that is not attached yet.
func TestRoutesToTheInternetWaitForItsGateway(t *testing.T) {
	t.Parallel()
	s := stackOf(t, withNATGateway, "Foundation")
	attachment, checked := s.only("AWS::EC2::VPCGatewayAttachment"), 0
	for _, route := range s.IDs("AWS::EC2::Route") {
		if s.property(route, "GatewayId") == nil {
			continue
		}
		checked++
		if dependsOn, _ := s.attribute(route, "DependsOn").([]any); !slices.Contains(dependsOn, any(attachment)) {
			t.Errorf("%s depends on %v, want %s", route, dependsOn, attachment)
		}
	}
	if checked != 4 {
		t.Errorf("%d routes lead to the Internet", checked)
	}
}

func TestTheNATInstanceIsSmallEncryptedAndPassesTLSOnly(t *testing.T) {
	t.Parallel()
	s := stackOf(t, withNATInstance, "Foundation")
	instance := s.only("AWS::EC2::Instance")
	s.want(instance, "InstanceType", `"t4g.nano"`)
	s.want(instance, "CreditSpecification", `{"CPUCredits": "standard"}`)
	s.want(instance, "SourceDestCheck", `false`)
	s.want(instance, "KeyName", `null`)
	s.want(instance, "MetadataOptions", `{"HttpTokens": "required", "HttpPutResponseHopLimit": 1}`)
	s.want(instance, "BlockDeviceMappings", `[{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": true, "VolumeSize": 8, "VolumeType": "gp3"}}]`)
	image, _ := s.property(instance, "ImageId.Ref").(string)
	if got, _ := s.Parameters[image]["Default"].(string); !strings.HasSuffix(got, "/al2023-ami-kernel-6.1-arm64") {
		t.Errorf("the image is %q", got)
	}
	group := s.only("AWS::EC2::SecurityGroup")
	s.want(group, "SecurityGroupIngress", `[{"CidrIp": "10.20.0.0/16", "Description": "TLS from the functions", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]`)
	s.want(group, "SecurityGroupEgress", `[{"CidrIp": "0.0.0.0/0", "Description": "TLS to the outside", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]`)
}

func TestFunctionsMayUseTheWayOutThatThereIs(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]bool{environment.Dev: false, withNATGateway: true, withNATInstance: true} {
		for _, stack := range []string{"Schema", "Api"} {
			s := stackOf(t, name, stack)
			for _, group := range s.IDs("AWS::EC2::SecurityGroup") {
				rule := `{"CidrIp":"0.0.0.0/0","Description":"The rest of the world through NAT","FromPort":443,"IpProtocol":"tcp","ToPort":443}`
				if text := s.text(group); strings.Contains(text, rule) != open || (!open && strings.Contains(text, "0.0.0.0/0")) {
					t.Errorf("%s: %s lets out %s", name, group, text)
				}
			}
		}
	}
}

func TestAnotherRegionHasItsOwnAddresses(t *testing.T) {
	t.Parallel()
	s := stackOf(t, abroad, "Schema")
	s.want(s.only("AWS::EC2::SecurityGroupEgress"), "DestinationPrefixListId", `"pl-61a54008"`)
	d := stackOf(t, abroad, "Dashboard")
	if origins := d.text(d.only("AWS::CloudFront::Distribution")); !strings.Contains(origins, ".execute-api.ap-northeast-1.amazonaws.com") {
		t.Errorf("the origins are %s", origins)
	}
}
