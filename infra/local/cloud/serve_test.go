package cloud

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// function is the test function with its version 1 and the alias live.
const function = `
	"Role": {"Type": "AWS::IAM::Role"},
	"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": "10", "MemorySize": 128, "Role": {"Fn::GetAtt": ["Role", "Arn"]},
		"Code": CODE, "Environment": {"Variables": {"GREETING": "hello from ", "RECORD": "RECORDFILE"}}}},
	"FV": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
	"FA": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "F"}, "FunctionVersion": {"Fn::GetAtt": ["FV", "Version"]}, "Name": "live"}}`

// httpAPI serves the function on /api/{proxy+} and publishes the API's host as /host.
const httpAPI = `
	"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP", "Name": "a"}},
	"Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": true}},
	"Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": {"Ref": "FA"}, "PayloadFormatVersion": "2.0"}},
	"Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "ANY /api/{proxy+}", "Target": {"Fn::Sub": "integrations/${Integration}"}}},
	"Host": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/host", "Type": "String", "Value": {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Api", "ApiEndpoint"]}]}]}}}`

const mayInvoke = `"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "FA"}, "Principal": "apigateway.amazonaws.com"}}`

func resources(parts ...string) string { return `{"Resources": {` + strings.Join(parts, ",") + `}}` }

func originOf(t *testing.T, c *Cloud, parameter string) http.Handler {
	t.Helper()
	host, err := c.parameter(parameter)
	if err != nil {
		t.Fatal(err)
	}
	h, ok := c.Origin(host)
	if !ok {
		t.Fatalf("nothing answers under %s", host)
	}
	return h
}

func TestAnHTTPAPIAnswersWithItsFunctionsAlias(t *testing.T) {
	t.Parallel()
	api := originOf(t, newMachine(t).must(resources(function, httpAPI, mayInvoke)), "/host")
	if status, body := get(t, api, "/api/things"); status != http.StatusOK || body != "hello from /api/things" {
		t.Errorf("answer is %d %q", status, body)
	}
	if status, _ := get(t, api, "/elsewhere"); status != http.StatusNotFound {
		t.Errorf("no route gives %d", status)
	}
}

func TestARouteWithATokenAuthorizerNeedsAToken(t *testing.T) {
	t.Parallel()
	api := strings.Replace(httpAPI, `"RouteKey"`, `"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Token"}, "AuthorizationScopes": ["read"], "RouteKey"`, 1)
	h := originOf(t, newMachine(t).must(resources(function, api, mayInvoke, `"Token": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"ApiId": {"Ref": "Api"}, "Name": "t", "AuthorizerType": "JWT",
		"IdentitySource": ["$request.header.Authorization"], "JwtConfiguration": {"Issuer": "http://127.0.0.1:9", "Audience": ["app"]}}}`)), "/host")
	if status, body := get(t, h, "/api/things"); status != http.StatusUnauthorized || body != `{"message":"Unauthorized"}` {
		t.Errorf("answer is %d %q", status, body)
	}
}

func TestAnAPIWithoutPermissionOnItsFunctionAnswers500(t *testing.T) {
	t.Parallel()
	api := originOf(t, newMachine(t).must(resources(function, httpAPI)), "/host")
	if status, _ := get(t, api, "/api/things"); status != http.StatusInternalServerError {
		t.Errorf("status is %d", status)
	}
}

func TestAPermissionOfAnAPICountsForItsSourceOnly(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{"${Api}/*/*/api/{proxy+}": 200, "${Api}/$default/GET/api/*": 200, "${Api}/*/POST/api/{proxy+}": 500, "${Api}/*/*/auth/{proxy+}": 500, "other/*": 500} {
		permission := strings.Replace(mayInvoke, `"Principal"`, `"SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:`+source+`"}, "Principal"`, 1)
		api := originOf(t, newMachine(t).must(resources(function, httpAPI, permission)), "/host")
		if status, _ := get(t, api, "/api/things"); status != want {
			t.Errorf("%s gives %d, want %d", source, status, want)
		}
	}
}

func TestTheOlderFormOfAnIntegrationNamesTheSameFunction(t *testing.T) {
	t.Parallel()
	const want = "arn:aws:lambda:us-east-1:000000000000:function:f:live"
	for _, uri := range []string{want, "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + want + "/invocations"} {
		if got, err := integratedFunction(uri); err != nil || got != want {
			t.Errorf("%s gives %q, %v", uri, got, err)
		}
	}
	if _, err := integratedFunction("https://example.com"); err == nil {
		t.Error("a URL was taken for a function")
	}
}

func TestWhatTheLocalCloudWouldDoWronglyIsRefused(t *testing.T) {
	t.Parallel()
	change := func(from, to string) string {
		return strings.Replace(resources(function, httpAPI, mayInvoke), from, to, 1)
	}
	for template, part := range map[string]string{
		change(`"RouteKey"`, `"AuthorizationType": "JWT", "RouteKey"`):                                 `AuthorizerId "" is not a JWT authorizer of this API`,
		change(`"RouteKey"`, `"AuthorizationType": "LDAP", "RouteKey"`):                                `AuthorizationType "LDAP"`,
		change(`"ProtocolType"`, `"DisableExecuteApiEndpoint": true, "ProtocolType"`):                  "DisableExecuteApiEndpoint",
		change(`"AWS_PROXY"`, `"AWS_PROXY", "CredentialsArn": "arn:aws:iam::000000000000:role/r"`):     "CredentialsArn",
		change(`"AWS_PROXY"`, `"HTTP_PROXY"`):                                                          "AWS_PROXY",
		change(`"provided.al2023"`, `"nodejs22.x"`):                                                    `not "nodejs22.x"`,
		change(`"Handler"`, `"Layers": ["x"], "Handler"`):                                              "Layers",
		change(`CODE`, `{"ZipFile": "x"}`):                                                             "code of assets only",
		change(`CODE`, `{"S3Bucket": "assets", "S3Key": "none.zip"}`):                                  "no asset s3://assets/none.zip",
		change(`CODE`, `{"S3Bucket": "assets", "S3Key": "file.zip"}`):                                  "is neither a folder nor a zip file",
		change(`"Timeout": "10"`, `"Timeout": "soon"`):                                                 `Timeout must be a number, not "soon"`,
		change(`"integrations/${Integration}"`, `"integrations/x${FV.Version}"`):                       "is not an integration of this API",
		change(`"AutoDeploy"`, `"RouteSettings": {"GET /": {"ThrottlingRateLimit": 1}}, "AutoDeploy"`): `settings for the route "GET /"`,
		resources(`"D": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}}`):          `not "mysql"`,
	} {
		newMachine(t).refused(part, template)
	}
}

const bucketAndDistribution = `
	"Bucket": {"Type": "AWS::S3::Bucket"},
	"CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C256MiBX": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.13", "Code": {"S3Bucket": "assets", "S3Key": "none.zip"}}},
	"Deployment": {"Type": "Custom::CDKBucketDeployment", "Properties": {
		"ServiceToken": {"Fn::GetAtt": ["CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C256MiBX", "Arn"]},
		"SourceBucketNames": ["assets"], "SourceObjectKeys": [SITE], "DestinationBucketName": {"Ref": "Bucket"}, "Prune": false}},
	"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
		{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": ACTIONS, "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
			"Condition": {"StringEquals": {"AWS:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/SOURCE"}}}}]}}},
	"Rewrite": {"Type": "AWS::CloudFront::Function", "Properties": {"Name": "r", "AutoPublish": true, "FunctionConfig": {"Runtime": "cloudfront-js-2.0"},
		"FunctionCode": "function handler(event) { if (event.request.uri === '/') { event.request.uri = '/index.html'; } return event.request; }"}},
	"Headers": {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": {"ResponseHeadersPolicyConfig": {"Name": "h", "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": true}}}}},
	"Site": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"Enabled": true,
		"Origins": [{"Id": "s3", "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}, "S3OriginConfig": {}},
			{"Id": "api", "DomainName": {"Fn::Join": ["", [{"Ref": "Api"}, ".execute-api.us-east-1.amazonaws.com"]]}, "CustomOriginConfig": {}}],
		"CacheBehaviors": [{"PathPattern": "/api/*", "TargetOriginId": "api", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac", "ViewerProtocolPolicy": "https-only"}],
		"DefaultCacheBehavior": {"TargetOriginId": "s3", "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6", "ViewerProtocolPolicy": "redirect-to-https", "ResponseHeadersPolicyId": {"Ref": "Headers"},
			"FunctionAssociations": [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Rewrite", "FunctionARN"]}}]}}}}`

func TestADistributionServesTheBucketAndTheAPI(t *testing.T) {
	t.Parallel()
	c := newMachine(t).must(resources(function, httpAPI, mayInvoke, bucketWith(`"s3:GetObject"`, "${Site}")))
	if status, body := get(t, c.Site(), "http://localhost/"); status != http.StatusOK || body != "<title>hello</title>" {
		t.Errorf("/ is %d %q", status, body)
	}
	if status, body := get(t, c.Site(), "http://localhost/api/x"); status != http.StatusOK || body != "hello from /api/x" {
		t.Errorf("/api/x is %d %q", status, body)
	}
}

// bucketWith is a bucket whose policy allows actions to one distribution.
func bucketWith(actions, distribution string) string {
	return strings.NewReplacer("ACTIONS", actions, "SOURCE", distribution).Replace(bucketAndDistribution)
}

func TestTheBucketPolicyDecidesWhatTheDistributionGets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		actions, distribution string
		there, missing        int
	}{
		{`["s3:GetObject", "s3:ListBucket"]`, "${Site}", http.StatusOK, http.StatusNotFound},
		{`"s3:GetObject"`, "${Site}", http.StatusOK, http.StatusForbidden},
		{`"s3:*"`, "EOTHER", http.StatusForbidden, http.StatusForbidden},
	} {
		site := newMachine(t).must(resources(function, httpAPI, mayInvoke, bucketWith(c.actions, c.distribution))).Site()
		there, _ := get(t, site, "http://localhost/")
		missing, _ := get(t, site, "http://localhost/none.html")
		if there != c.there || missing != c.missing {
			t.Errorf("%s to %s: got %d and %d", c.actions, c.distribution, there, missing)
		}
	}
}

func TestADeploymentFillsInWhatOnlyItKnows(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	if err := os.WriteFile(filepath.Join(m.site, "config.json"), []byte(`{"bucket": "<<marker:0xbaba:0>>"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	site := strings.Replace(bucketWith(`"s3:GetObject"`, "${Site}"), `"Prune"`,
		`"SourceMarkers": [{"<<marker:0xbaba:0>>": {"Fn::Sub": "\"${Bucket}\""}}], "SourceMarkersConfig": [{"jsonEscape": true}], "Prune"`, 1)
	c := m.must(resources(function, httpAPI, mayInvoke, site))
	_, body := get(t, c.Site(), "http://localhost/config.json")
	if want := `^\{"bucket": "\\"s0-bucket-\w+\\""\}$`; !regexp.MustCompile(want).MatchString(body) {
		t.Errorf("config is %s", body)
	}
}

func TestWhatABucketWouldDoBesideServingIsRefused(t *testing.T) {
	t.Parallel()
	for _, property := range []string{"NotificationConfiguration", "WebsiteConfiguration", "CorsConfiguration"} {
		newMachine(t).refused("does not carry out the property "+property, resources(`"B": {"Type": "AWS::S3::Bucket", "Properties": {"`+property+`": {}}}`))
	}
}

func TestABucketPolicyThatCannotBeEvaluatedIsRefused(t *testing.T) {
	t.Parallel()
	newMachine(t).refused("StringEquals of AWS:Referer", strings.Replace(resources(function, httpAPI, mayInvoke, bucketWith(`"s3:*"`, "${Site}")), "AWS:SourceArn", "AWS:Referer", 1))
}

func TestWebPagesCannotCallTheServices(t *testing.T) {
	t.Parallel()
	c := newMachine(t).must(resources(function))
	for _, header := range []string{"Origin", "Sec-Fetch-Site", ""} {
		req, err := http.NewRequest(http.MethodPost, c.address+"/2015-03-31/functions/none/invocations", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		want := http.StatusNotFound
		if header != "" {
			req.Header.Set(header, "cross-site")
			want = http.StatusForbidden
		}
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("with %q: status %d, want %d", header, resp.StatusCode, want)
		}
	}
}

func TestPhysicalNamesKeepTheirLimitAndStayTheSame(t *testing.T) {
	t.Parallel()
	named := func(repeat int) string {
		return request{Resource: &assembly.Resource{Stack: "Miyabi-local-Dashboard", LogicalID: strings.Repeat("Bucket", repeat)}}.name("Name", 63)
	}
	if n := named(20); len(n) != 63 || n != named(20) {
		t.Errorf("name is %q", n)
	}
	if named(20) == named(21) {
		t.Error("two resources have the same name")
	}
}
