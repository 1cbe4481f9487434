// Package cloudfront serves a CloudFront distribution on this machine: behaviours in their order, viewer-request
// functions in a JavaScript engine, a cache, origins in the same process, compression and response headers.
//
// The rules come from the CloudFront developer guide,
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/; the page is named where a rule is carried out.
// Viewers connect by plain HTTP whatever the viewer protocol policy says.
package cloudfront

// Distribution is the part of AWS::CloudFront::Distribution that a local run carries out.
type Distribution struct {
	DomainName        string // reaches functions as context.distributionDomainName
	ID                string // reaches functions as context.distributionId
	DefaultRootObject string // answers "/", without a leading slash
	Origins           map[string]Origin
	Behaviors         []Behavior // in order of precedence, each with a path pattern
	Default           Behavior   // for what no behaviour matches
	Errors            map[int]ErrorResponse
}

// Origin is where requests of a behaviour go.
type Origin struct {
	Domain        string            // host name, given to the lookup that finds its handler
	Path          string            // put before the path of each request; "" or "/path" without a slash at its end
	CustomHeaders map[string]string // replace headers of the same name
}

// Behavior is one cache behaviour.
type Behavior struct {
	PathPattern     string // "" for the default behaviour
	OriginID        string // key of Distribution.Origins
	AllowedMethods  []string
	Compress        bool // the behaviour asks for compression and its cache policy allows it
	Cache           CachePolicy
	Forward         Forward
	ViewerRequest   Function // its Code is "" where no function is associated
	ResponseHeaders ResponseHeaders
}

func (b Behavior) forwardsCookies() bool {
	return b.forwardsEverything() || b.Cache.Cookies.Kind != "" && b.Cache.Cookies.Kind != "none"
}

// Function is a CloudFront function.
type Function struct {
	ARN  string // names the function in errors
	Code string // JavaScript with a function handler(event)
}

// Forward says what of the viewer's request reaches the origin: the effect of an origin request policy.
type Forward int

// The origin request policies that are carried out (page using-managed-origin-request-policies).
const (
	ForwardNothing          Forward = iota // no policy: no cookies, no query string, only the headers that CloudFront itself needs
	ForwardAll                             // AllViewer
	ForwardAllExceptHost                   // AllViewerExceptHostHeader
	ForwardCORSHeaders                     // CORS-S3Origin
	ForwardUserAgentReferer                // UserAgentRefererHeaders
)

// ManagedForwards are the managed origin request policies by id; "" stands for none (page using-managed-origin-request-policies).
var ManagedForwards = map[string]Forward{
	"":                                     ForwardNothing,
	"216adef6-5c7f-47e4-b989-5492eafa07d3": ForwardAll,
	"b689b0a8-53d0-40ab-baf2-68738e2966ac": ForwardAllExceptHost,
	"88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": ForwardCORSHeaders,
	"acba4595-bd28-49b8-b9fe-13317c0390fa": ForwardUserAgentReferer,
}

// ResponseHeaders is a response headers policy.
type ResponseHeaders struct {
	Remove []string
	Set    []ResponseHeader
}

// ResponseHeader is one header that the policy adds. Without Override the origin's own value stays.
type ResponseHeader struct {
	Name, Value string
	Override    bool
}
