package bill

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

func settingsOf(t *testing.T, name string, assignments ...string) environment.Settings {
	t.Helper()
	settings, err := environment.Load(name, environment.Platform{OS: "linux", Architecture: "amd64"})
	if err == nil {
		settings, err = settings.With(assignments...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// templateOf is a template with the resources, each as "Id": {"Type": …}.
func templateOf(t *testing.T, resources ...string) policy.Template {
	t.Helper()
	template, err := policy.ParseTemplate("Miyabi-prod-Test", []byte(`{"Resources": {`+strings.Join(resources, ",")+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func billOf(t *testing.T, settings environment.Settings, resources ...string) (Bill, error) {
	t.Helper()
	return OfTemplates([]policy.Template{templateOf(t, resources...)}, settings)
}

const (
	postgres = `"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": "db.t4g.small", "Engine": "postgres",
		"EngineLifecycleSupport": "open-source-rds-extended-support-disabled", "AllocatedStorage": "20", "StorageType": "gp3",
		"MultiAZ": %t, "BackupRetentionPeriod": %d, "ManageMasterUserPassword": true}}`
	proxy = `"Proxy": {"Type": "AWS::RDS::DBProxy"}, "Group": {"Type": "AWS::RDS::DBProxyTargetGroup", "Properties": {
		"DBProxyName": {"Ref": "Proxy"}, "DBInstanceIdentifiers": [{"Ref": "Db"}]}}`
	apiFunction = `"Api": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "Miyabi-prod-api", "MemorySize": 256, "Architectures": ["arm64"]}}`
)

func TestABillComputedByHand(t *testing.T) {
	t.Parallel()
	for name, example := range map[string]struct {
		resources []string
		change    func(*environment.Usage)
		want      map[string]int
	}{
		"an instance, its storage and its secret: 730 × 0.032, 20 × 0.115, 1 × 0.40, 5 × 0.02": {
			resources: []string{fmt.Sprintf(postgres, false, 14)},
			want:      map[string]int{"rds-instance/t4g.small/one-zone": 2336, "rds-storage/one-zone": 230, "secret": 40, "cross-zone": 10},
		},
		"two zones: 730 × 0.065, 20 × 0.23": {
			resources: []string{fmt.Sprintf(postgres, true, 14)},
			want:      map[string]int{"rds-instance/t4g.small/multi-az": 4745, "rds-storage/multi-az": 460, "secret": 40, "cross-zone": 10},
		},
		"backups of 10 + 35 × 1 GB, of which 20 are free: 25 × 0.095": {
			resources: []string{fmt.Sprintf(postgres, false, 35)},
			change:    func(u *environment.Usage) { u.DatabaseGB, u.DatabaseDailyGB = 10, 1 },
			want:      map[string]int{"rds-instance/t4g.small/one-zone": 2336, "rds-storage/one-zone": 230, "rds-backup": 238, "secret": 40, "cross-zone": 10},
		},
		"a proxy: 2 vCPUs × 730 × 0.015": {
			resources: []string{fmt.Sprintf(postgres, false, 14), proxy},
			want:      map[string]int{"rds-instance/t4g.small/one-zone": 2336, "rds-storage/one-zone": 230, "rds-proxy": 2190, "secret": 40, "cross-zone": 10},
		},
		"half a million requests beyond the free million, duration free": {
			resources: []string{apiFunction},
			change:    func(u *environment.Usage) { u.Functions[0].Invocations = 1_500_000 },
			want:      map[string]int{"lambda-requests": 10, "lambda-duration/arm64": 0, "metric": 0},
		},
		"1.2 million seconds of 256 MB beyond 400,000 free GB-seconds: none; of 512 MB: 200,000 × 0.0000133334": {
			resources: []string{strings.Replace(apiFunction, "256", "512", 1)},
			change:    func(u *environment.Usage) { u.Functions[0].Milliseconds = 1200 },
			want:      map[string]int{"lambda-requests": 0, "lambda-duration/arm64": 267, "metric": 0},
		},
		"one waiting process of 256 MB, whose requests and duration have nothing free": {
			resources: []string{apiFunction, `"Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Api"}, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}}}`},
			want:      map[string]int{"lambda-provisioned/arm64": 219, "lambda-provisioned-requests": 20, "lambda-provisioned-duration/arm64": 8, "metric": 0},
		},
		"an alias without": {
			resources: []string{apiFunction, `"Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Api"}}}`},
			want:      map[string]int{"lambda-requests": 0, "lambda-duration/arm64": 0, "metric": 0},
		},
		"an HTTP API and a WebSocket API": {
			resources: []string{`"H": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}}`, `"W": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET"}}`},
			want:      map[string]int{"http-api-requests": 100, "websocket-messages": 50, "websocket-minutes": 6, "internet": 0},
		},
		"a NAT gateway with its address: 730 × 0.045, 2 × 0.045, 730 × 0.005": {
			resources: []string{`"N": {"Type": "AWS::EC2::NatGateway"}`, `"E": {"Type": "AWS::EC2::EIP"}`},
			want:      map[string]int{"nat-gateway": 3285, "nat-gateway-data": 9, "public-ipv4": 365},
		},
		"a NAT instance: 730 × 0.0042, 8 × 0.08, 730 × 0.005": {
			resources: []string{`"N": {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": "t4g.nano", "NetworkInterfaces": [{"AssociatePublicIpAddress": true}]}}`},
			want:      map[string]int{"ec2/t4g.nano": 307, "ebs": 64, "public-ipv4": 365, "internet": 0},
		},
		"an interface endpoint in two zones, and one of a gateway": {
			resources: []string{`"I": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]}}`, `"G": {"Type": "AWS::EC2::VPCEndpoint"}`},
			want:      map[string]int{"interface-endpoint": 1460, "interface-endpoint-data": 2},
		},
		"logs of 4 GB kept for 90 days: 4 + 12 + 1 GB, of which 5 are free": {
			resources: []string{`"L": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 90}}`, `"K": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}`},
			change:    func(u *environment.Usage) { u.LogGB = 4 },
			want:      map[string]int{"log-ingestion": 0, "log-storage": 33, "log-queries": 1},
		},
		"twelve custom metrics, of which two are of filters": {
			resources: []string{
				apiFunction,
				`"F": {"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": [{"MetricNamespace": "Miyabi", "MetricName": "A"}]}}`,
				`"G": {"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": [{"MetricNamespace": "Miyabi", "MetricName": "B"}]}}`,
			},
			want: map[string]int{"metric": 0, "metric/filtered": 60, "lambda-requests": 0, "lambda-duration/arm64": 0},
		},
		"a bucket: 3 × 0.023, 5 × 0.005, 50 × 0.0004": {
			resources: []string{`"B": {"Type": "AWS::S3::Bucket"}`, `"L": {"Type": "AWS::S3::Bucket"}`},
			want:      map[string]int{"s3-storage": 7, "s3-writes": 3, "s3-reads": 2},
		},
		"a distribution, 100 GB, 2 million requests and 10 million invocations beyond what is free": {
			resources: []string{`"D": {"Type": "AWS::CloudFront::Distribution"}`},
			change:    func(u *environment.Usage) { u.HTTPRequests, u.SiteRequests, u.DownloadGB = 11_000_000, 1_000_000, 1124 },
			want:      map[string]int{"cloudfront-transfer": 850, "cloudfront-requests": 200, "cloudfront-functions": 100},
		},
		"a queue, a topic and a key: half a million requests and 1,000 e-mails beyond what is free": {
			resources: []string{`"Q": {"Type": "AWS::SQS::Queue"}`, `"T": {"Type": "AWS::SNS::Topic"}`, `"K": {"Type": "AWS::KMS::Key"}`},
			change:    func(u *environment.Usage) { u.QueueRequests, u.AlarmEmails = 1_500_000, 2_000 },
			want:      map[string]int{"sqs-requests": 20, "sns-emails": 2, "kms-key": 100},
		},
		"a traced function: 50,000 traces beyond what is free": {
			resources: []string{strings.Replace(apiFunction, `"MemorySize"`, `"TracingConfig": {"Mode": "Active"}, "MemorySize"`, 1)},
			change:    func(u *environment.Usage) { u.Traces = 150_000 },
			want:      map[string]int{"traces": 25, "lambda-requests": 0, "lambda-duration/arm64": 0, "metric": 0},
		},
		"a secret with a replica": {
			resources: []string{`"S": {"Type": "AWS::SecretsManager::Secret", "Properties": {"ReplicaRegions": [{"Region": "eu-west-1"}]}}`},
			want:      map[string]int{"secret": 80, "secret-calls": 5},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := settingsOf(t, environment.Prod)
			if example.change != nil {
				example.change(&settings.Usage)
			}
			bill, err := billOf(t, settings, example.resources...)
			if err != nil {
				t.Fatal(err)
			}
			got, total := map[string]int{}, 0
			for _, line := range bill.Lines {
				got[line.Key] = line.Cents
			}
			for _, amount := range example.want {
				total += amount
			}
			if fmt.Sprint(got) != fmt.Sprint(example.want) || bill.Cents() != total {
				t.Errorf("got  %v\nwant %v, in all %d cents, got %d", got, example.want, total, bill.Cents())
			}
		})
	}
}

func TestAlarmsAreCountedByTheirMetrics(t *testing.T) {
	t.Parallel()
	var resources []string
	for i := range 14 {
		resources = append(resources, fmt.Sprintf(`"A%d": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}}`, i))
	}
	resources = append(resources,
		`"Math": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "m1/m2"}]}}`,
		`"Band": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"MetricStat": {}}, {"Expression": "ANOMALY_DETECTION_BAND(m1)"}]}}`,
		`"Quick": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Period": 10}}`,
		`"All": {"Type": "AWS::CloudWatch::CompositeAlarm"}`)
	bill, err := billOf(t, settingsOf(t, environment.Prod), resources...)
	if err != nil {
		t.Fatal(err)
	}
	// 14 + 2 + 3 metrics, of which ten are free.
	if got := bill.Line("alarm"); got.Quantity != 19 || got.Cents != 90 {
		t.Errorf("%g metrics of alarms cost %d cents, want 19 and 90", got.Quantity, got.Cents)
	}
	if quick, all := bill.Line("alarm/high-resolution").Cents, bill.Line("alarm/composite").Cents; quick != 30 || all != 50 {
		t.Errorf("the quick alarm costs %d cents and the composite one %d, want 30 and 50", quick, all)
	}
}

func TestDashboardsAreFreeUpToThreeAndFiftyMetrics(t *testing.T) {
	t.Parallel()
	board := func(id string, metrics int) string {
		list := strings.TrimSuffix(strings.Repeat(`[\"AWS/RDS\", \"CPUUtilization\"],`, metrics), ",")
		return fmt.Sprintf(`"%s": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": {"Fn::Join": ["", ["{\"widgets\": [{\"properties\": {\"region\": \"", {"Ref": "AWS::Region"}, "\", \"metrics\": [%s]}}]}"]]}}}`, id, list)
	}
	bill, err := billOf(t, settingsOf(t, environment.Prod), board("A", 1), board("B", 50), board("C", 1), board("D", 1), board("E", 51))
	if err != nil {
		t.Fatal(err)
	}
	if small, large := bill.Line("dashboard").Cents, bill.Line("dashboard/large").Cents; small != 300 || large != 300 {
		t.Errorf("four dashboards cost %d cents and the large one %d, want 300 and 300", small, large)
	}
}

func TestWhatCannotBePricedIsRefused(t *testing.T) {
	t.Parallel()
	instance := func(change string) string {
		return strings.Replace(fmt.Sprintf(postgres, false, 1), `"Engine": "postgres"`, change, 1)
	}
	for resource, part := range map[string]string{
		`"X": {"Type": "AWS::ElastiCache::CacheCluster"}`:                                                                               "the bill does not know AWS::ElastiCache::CacheCluster",
		`"X": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "Miyabi-prod-new"}}`:                                     "how often the function new runs is unknown",
		`"X": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "Miyabi-prod-api", "EphemeralStorage": {"Size": 1024}}}`: "EphemeralStorage.Size is 1024",
		`"X": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "Miyabi-prod-api", "MemorySize": {"Ref": "P"}}}`:         "MemorySize is no plain number",
		`"X": {"Type": "AWS::Lambda::Alias", "Properties": {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}}}`:   "the alias's function is not in its template",
		`"X": {"Type": "AWS::RDS::DBProxy"}`:                                               "no target group of its template",
		`"X": {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": "m7g.large"}}`: "no price of ec2/m7g.large",
		`"X": {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": "t4g.nano", "BlockDeviceMappings": [{"Ebs": {"VolumeType": "io2", "VolumeSize": 9}}]}}`: "not gp3 of a plain size",
		`"X": {"Type": "AWS::SSM::Parameter", "Properties": {"Tier": "Advanced"}}`:                                                                                  "Tier is Advanced",
		`"X": {"Type": "AWS::Logs::LogGroup"}`: "RetentionInDays is missing",
		`"X": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 1, "LogGroupClass": "INFREQUENT_ACCESS"}}`:             "LogGroupClass is INFREQUENT_ACCESS",
		`"X": {"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": [{"MetricName": "M", "Dimensions": [{}]}]}}`: "the number of metrics is unknown",
		`"X": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{"}}`:                                            "DashboardBody is no dashboard",
		`"X": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"WebACLId": "w"}}}`:                      "DistributionConfig.WebACLId is w",
		`"X": {"Type": "AWS::ApiGatewayV2::Api"}`:                                                             `ProtocolType is ""`,
		instance(`"Engine": "mysql"`):                                                                         "Engine is mysql",
		instance(`"Engine": "postgres", "Iops": 6000`):                                                        "Iops is 6000",
		strings.Replace(instance(`"Engine": "postgres"`), "gp3", "io1", 1):                                    "StorageType is io1",
		strings.Replace(instance(`"Engine": "postgres"`), "-disabled", "", 1):                                 "extended support is not priced",
		strings.Replace(instance(`"Engine": "postgres"`), "t4g.small", "r8g.large", 1):                        "no price of rds-instance/r8g.large/one-zone",
		`"X": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{"Expression": "SEARCH('x')"}]}}`: "nobody can count",
	} {
		_, err := billOf(t, settingsOf(t, environment.Prod), resource)
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\ngot %v, want one line with %q", resource, err, part)
		}
	}
}

func TestMoreCustomMetricsThanAssumedAreRefused(t *testing.T) {
	t.Parallel()
	settings := settingsOf(t, environment.Prod)
	settings.Usage.CustomMetrics = 1
	named := func(id, name string) string {
		return fmt.Sprintf(`"%s": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Namespace": "Miyabi", "MetricName": "%s"}}`, id, name)
	}
	filter := `"F": {"Type": "AWS::Logs::MetricFilter", "Properties": {"MetricTransformations": [{"MetricNamespace": "Miyabi", "MetricName": "Two"}]}}`
	if _, err := billOf(t, settings, named("A", "One"), named("B", "One"), named("C", "Two"), filter); err != nil {
		t.Errorf("one metric of functions and one of a filter: %v", err)
	}
	_, err := billOf(t, settings, named("A", "One"), named("C", "Two"))
	if err == nil || !strings.Contains(err.Error(), "name 2 custom metrics, Usage.CustomMetrics says 1") {
		t.Errorf("got %v", err)
	}
}

func TestARegionWithoutAPriceIsRefused(t *testing.T) {
	t.Parallel()
	settings := settingsOf(t, environment.Prod)
	settings.Region = "eu-central-1"
	_, err := billOf(t, settings, `"E": {"Type": "AWS::EC2::EIP"}`)
	if err == nil || !strings.Contains(err.Error(), "no price of public-ipv4 in eu-central-1: look it up at https://aws.amazon.com/") {
		t.Errorf("got %v", err)
	}
}

func TestTheLocalEnvironmentHasTheBillThatItWouldHaveOnAWS(t *testing.T) {
	t.Parallel()
	bill, err := billOf(t, settingsOf(t, environment.Local), strings.Replace(apiFunction, "prod", "local", 1))
	if err != nil || !strings.Contains(strings.Join(bill.Notes(), "\n"), "local runs on this machine and costs nothing") {
		t.Errorf("notes %v, error %v", bill.Notes(), err)
	}
	waiting, err := billOf(t, settingsOf(t, environment.Local), strings.NewReplacer("prod", "local", "arm64", "x86_64").Replace(apiFunction),
		`"Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Api"}, "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}}}`)
	if err != nil || waiting.Line("lambda-provisioned/arm64").Cents != 219 {
		t.Errorf("a waiting process of this machine's architecture is not priced as on AWS: %v", err)
	}
}

func TestOnlyProdInTheApprovedRegionIsHeldToTheLimit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environment, region string
		cents               int
		fails               bool
	}{
		{"prod", "us-east-1", 5200, false},
		{"prod", "us-east-1", 5201, true},
		{"prod", "ap-northeast-1", 9000, false},
		{"dev", "us-east-1", 9000, false},
	} {
		err := Bill{Environment: c.environment, Region: c.region, Lines: []Line{{Cents: c.cents}}}.Check()
		if (err != nil) != c.fails {
			t.Errorf("%+v: %v", c, err)
		}
		if err != nil && !strings.Contains(err.Error(), "prod costs USD 52.01 a month in us-east-1, above the USD 52.00 of ADR 001") {
			t.Errorf("the message is %q", err)
		}
	}
}

func TestAmountsAreRoundedUpAndAddUp(t *testing.T) {
	t.Parallel()
	for usd, want := range map[float64]int{0: 0, 0.0001: 1, 0.01: 1, 0.0101: 2, 1460 * 0.015: 2190, 730 * 0.032: 2336} {
		if got := cents(usd); got != want {
			t.Errorf("cents(%v) = %d, want %d", usd, got, want)
		}
	}
	for amount, want := range map[int]string{5: "0.05", 5200: "52.00", -2190: "-21.90", 0: "0.00"} {
		if got := USD(amount); got != want {
			t.Errorf("USD(%d) = %s, want %s", amount, got, want)
		}
	}
}

func TestAPrintedBillEndsWithItsTotalWithin100Columns(t *testing.T) {
	t.Parallel()
	bill, err := billOf(t, settingsOf(t, environment.Prod), fmt.Sprintf(postgres, false, 14), proxy, apiFunction, `"R": {"Type": "AWS::IAM::Role"}`)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	bill.Print(&out)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if got := strings.Fields(lines[len(lines)-1]); len(got) != 2 || got[0] != "Total" || got[1] != "48.06" {
		t.Errorf("the last line is %q, want Total and 48.06", got)
	}
	found := false
	for _, line := range lines {
		if len([]rune(line)) > Width {
			t.Errorf("wider than %d columns: %s", Width, line)
		}
		found = found || (strings.HasPrefix(line, "RDS Proxy ") && strings.HasSuffix(line, " 21.90"))
	}
	if !found {
		t.Errorf("no line of RDS Proxy in\n%s", out.String())
	}
	for _, note := range bill.Notes() {
		if len([]rune(note)) > Width {
			t.Errorf("wider than %d columns: %s", Width, note)
		}
	}
	out.Reset()
	bill.PrintResources(&out)
	for _, want := range []string{"RDS Proxy: 21.90\n    Miyabi-prod-Test/Proxy\n", "AWS::IAM::Role × 1: free, IAM is free"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestAChangeOfTheBillIsShownLineByLine(t *testing.T) {
	t.Parallel()
	settings := settingsOf(t, environment.Prod)
	before, err := billOf(t, settings, fmt.Sprintf(postgres, false, 14), proxy)
	if err != nil {
		t.Fatal(err)
	}
	after, err := billOf(t, settings, fmt.Sprintf(postgres, false, 14), `"N": {"Type": "AWS::EC2::EIP"}`, `"S": {"Type": "AWS::SecretsManager::Secret"}`)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	PrintChange(&out, before, after)
	for _, want := range []string{
		"[-] RDS Proxy                                              21.90 ->      0.00     -21.90",
		"[+] Public IPv4 addresses                                   0.00 ->      3.65      +3.65",
		"[~] Secrets Manager secrets                                 0.40 ->      0.80      +0.40",
		"Total                                                      48.06 ->     30.26     -17.80",
	} {
		if !strings.Contains(out.String(), want+"\n") {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	out.Reset()
	PrintChange(&out, before, before)
	if out.String() != "Monthly bill of prod: no change, USD 48.06\n" {
		t.Errorf("no change is told as %q", out.String())
	}
}
