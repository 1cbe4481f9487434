package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// request asks for one resource.
type request struct {
	*assembly.Resource
	properties properties
}

// create carries out one resource and gives what it answers to Ref and Fn::GetAtt.
type create func(ctx context.Context, c *Cloud, r request) (assembly.Values, error)

// runs holds the types that do something on this machine. Custom resources are found by their prefix instead.
var runs = map[string]create{
	"AWS::ApiGatewayV2::Api":                 createAPI,
	"AWS::ApiGatewayV2::Authorizer":          createAuthorizer,
	"AWS::ApiGatewayV2::Integration":         createIntegration,
	"AWS::ApiGatewayV2::Route":               createRoute,
	"AWS::ApiGatewayV2::RouteResponse":       createRouteResponse,
	"AWS::ApiGatewayV2::Stage":               createStage,
	"AWS::CloudFront::CachePolicy":           createCachePolicy,
	"AWS::CloudFront::Distribution":          createDistribution,
	"AWS::CloudFront::Function":              createEdgeFunction,
	"AWS::CloudFront::OriginRequestPolicy":   createOriginRequestPolicy,
	"AWS::CloudFront::ResponseHeadersPolicy": createResponseHeadersPolicy,
	"AWS::Events::Rule":                      createRule,
	"AWS::Lambda::Alias":                     createAlias,
	"AWS::Lambda::EventInvokeConfig":         createEventInvokeConfig,
	"AWS::Lambda::Function":                  createFunction,
	"AWS::Lambda::Permission":                createPermission,
	"AWS::Lambda::Version":                   createVersion,
	"AWS::RDS::DBInstance":                   createDBInstance,
	"AWS::RDS::DBProxy":                      createDBProxy,
	"AWS::S3::Bucket":                        createBucket,
	"AWS::S3::BucketPolicy":                  createBucketPolicy,
	"AWS::SSM::Parameter":                    createParameter,
	"AWS::Scheduler::Schedule":               createSchedule,
	"AWS::SecretsManager::Secret":            createSecret,
	"Custom::CDKBucketDeployment":            createBucketDeployment,
}

// deployStack makes the stack's resources. When one fails, what its custom resources did is taken back, unless ctx ended.
func (c *Cloud) deployStack(ctx context.Context, s *assembly.Stack) error {
	scope, err := assembly.NewScope(s, c.here, assembly.Lookup{Parameter: c.parameter, Secret: c.secret, Export: c.export}, c.config.Parameters)
	if err != nil {
		return err
	}
	resources, err := scope.Resources()
	if err != nil {
		return err
	}
	for _, r := range resources {
		if err := known(r); err != nil { // before anything of the stack is made
			return fmt.Errorf("%s: %w", r, err)
		}
	}
	customs, err := c.openCustoms(s.Name)
	if err != nil {
		return err
	}
	c.customs[s.Name] = customs
	if err := c.deployResources(ctx, scope, resources); err != nil {
		if ctx.Err() == nil {
			err = errors.Join(err, customs.rollBack(ctx))
		}
		return err
	}
	return customs.cleanUp(ctx, resources)
}

func (c *Cloud) deployResources(ctx context.Context, scope *assembly.Scope, resources []*assembly.Resource) error {
	for _, r := range resources {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("deploy: %w", err)
		}
		p, err := scope.Properties(r)
		if err != nil {
			return err
		}
		asked := request{r, propertiesOf(p)}
		values, err := creator(r)(ctx, c, asked)
		if err = cmp.Or(*asked.properties.fault, err); err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		scope.Created(r, values)
	}
	exports, err := scope.Exports()
	if err != nil {
		return err
	}
	for name, value := range exports {
		if _, taken := c.exports[name]; taken {
			return fmt.Errorf("two stacks export %s: give one of the outputs another export name", name)
		}
		c.exports[name] = value
	}
	return nil
}

// creator is nil for a type that is not known.
func creator(r *assembly.Resource) create {
	if f, ok := runs[r.Type]; ok {
		return f
	}
	if t, ok := inert[r.Type]; ok {
		return t.create
	}
	if r.Custom() {
		return createCustom
	}
	return nil
}

// bootstrapVersion is what `cdk bootstrap` would have left in the account: this machine has all that it makes.
const bootstrapVersion = "30"

var bootstrapParameter = regexp.MustCompile(`^/cdk-bootstrap/[^/]+/version$`)

// imageParameters is where AWS publishes the ids of its machine images; noImage stands for each, since instances are
// inert here.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
const (
	imageParameters = "/aws/service/ami-amazon-linux-latest/"
	noImage         = "ami-00000000000000000"
)

func (c *Cloud) parameter(name string) (string, error) {
	if bootstrapParameter.MatchString(name) {
		return bootstrapVersion, nil
	}
	if strings.HasPrefix(name, imageParameters) {
		return noImage, nil
	}
	value, ok := c.parameters.Value(name)
	if !ok {
		return "", fmt.Errorf("parameter %s: no stack of the assembly before this one publishes it; deploy the phase that does first", name)
	}
	return value, nil
}

func (c *Cloud) secret(id, stage, version string) (string, error) {
	if (stage != "" && stage != "AWSCURRENT") || version != "" {
		return "", errors.New("the local cloud resolves references to a secret's current version only")
	}
	return c.secrets.Value(id)
}

func (c *Cloud) export(name string) (string, error) {
	if value, ok := c.exports[name]; ok {
		return value, nil
	}
	return "", fmt.Errorf("no stack of the assembly before this one exports %s", name)
}
