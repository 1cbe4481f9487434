// Package cloudfront serves a CloudFront distribution on this machine: behaviours in their order, viewer-request
// functions in a JavaScript engine, a cache, origins in the same process, compression and response headers.
//
// The rules come from the CloudFront developer guide,
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/; the page is named where a rule is carried out.
// Viewers connect by plain HTTP whatever the viewer protocol policy says.
package cloudfront

// Distribution is the part of AWS::CloudFront::Distribution that a local run carries out. Decode makes one.
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
	return b.Forward == ForwardAll || b.Forward == ForwardAllExceptHost || b.Cache.Cookies.Kind != "" && b.Cache.Cookies.Kind != "none"
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
