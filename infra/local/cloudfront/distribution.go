// Package cloudfront serves a CloudFront distribution on this machine: behaviours in their order, functions in a
// JavaScript engine, a cache, origins in the same process, compression and response headers.
//
// The rules come from the CloudFront developer guide,
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/; the page is named where a rule is carried out.
// Viewers connect by plain HTTP whatever the viewer protocol policy says.
package cloudfront

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Config is the DistributionConfig of AWS::CloudFront::Distribution, and of what it holds: fields with a type are carried
// out, those of type any are known and change nothing here. A template that has any other field cannot be served.
type Config struct {
	DefaultRootObject    string
	Origins              []Origin
	CacheBehaviors       []Behavior // in order of precedence
	DefaultCacheBehavior Behavior   // for what no path pattern covers
	CustomErrorResponses []ErrorResponse

	Aliases, Comment, Enabled, HTTPVersion, IPV6Enabled, Logging, PriceClass, Restrictions, ViewerCertificate, WebACLID any
}

// Origin is where requests of a behaviour go.
type Origin struct {
	ID, DomainName, OriginPath string
	OriginCustomHeaders        []struct{ HeaderName, HeaderValue string } // replace headers of the same name

	ConnectionAttempts, ConnectionTimeout, CustomOriginConfig, OriginAccessControlID, OriginShield, ResponseCompletionTimeout, S3OriginConfig any
}

// Behavior is one cache behaviour.
type Behavior struct {
	PathPattern, TargetOriginID                                   string
	CachePolicyID, OriginRequestPolicyID, ResponseHeadersPolicyID string
	AllowedMethods, CachedMethods                                 []string
	Compress                                                      Flag
	FunctionAssociations                                          []struct{ EventType, FunctionARN string }

	GRPCConfig, RealtimeLogConfigARN, SmoothStreaming, ViewerProtocolPolicy any
}

// ErrorResponse is what a distribution answers instead of an origin's error (page custom-error-pages). Without a
// ResponsePagePath it is the origin's answer.
type ErrorResponse struct {
	ErrorCode, ResponseCode Integer
	ResponsePagePath        string
	ErrorCachingMinTTL      *Seconds
}

// errorCodes can have an ErrorResponse (page creating-custom-error-pages).
var errorCodes = []Integer{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}

// defaultErrorTTL is the error caching minimum TTL where none is declared (page custom-error-pages-expiration).
const defaultErrorTTL = 10 * time.Second

// CachePolicy says what is cached, for how long and by which key (page cache-key-understand-cache-policy).
type CachePolicy struct {
	MinTTL, DefaultTTL, MaxTTL Seconds
	// Key names what of a request is part of the key and reaches the origin.
	Key struct {
		Selections
		// What viewers accept of these is part of the key, reaches the origin, and is what the edge may compress with.
		EnableAcceptEncodingBrotli, EnableAcceptEncodingGzip Flag
	} `json:"ParametersInCacheKeyAndForwardedToOrigin"`

	Name, Comment any
}

// OriginRequestPolicy names what else of a request reaches the origin (page origin-request-understand-origin-request-policy).
type OriginRequestPolicy struct {
	Selections

	Name, Comment any
}

// Selections choose parts of a request.
type Selections struct {
	Headers Selection `json:"HeadersConfig"`
	Cookies Selection `json:"CookiesConfig"`
	Query   Selection `json:"QueryStringsConfig"`
}

// allViewerAndMade selects the viewer's headers and those of the names that CloudFront makes.
const allViewerAndMade = "allViewerAndWhitelistCloudFront"

// Selection chooses names: none, whitelist, allExcept or all, which is allViewer for headers. Names of parameters and
// cookies are case-sensitive (pages QueryStringParameters and Cookies); those of headers are in canonical form.
type Selection struct {
	Kind  string
	Names []string
}

// UnmarshalJSON reads HeadersConfig, CookiesConfig and QueryStringsConfig.
func (s *Selection) UnmarshalJSON(raw []byte) error {
	var config struct {
		HeaderBehavior, CookieBehavior, QueryStringBehavior string
		Headers, Cookies, QueryStrings                      []string
	}
	if err := strictly(raw, &config); err != nil {
		return err
	}
	s.Kind = config.HeaderBehavior + config.CookieBehavior + config.QueryStringBehavior
	for _, name := range config.Headers {
		s.Names = append(s.Names, http.CanonicalHeaderKey(name))
	}
	s.Names = slices.Concat(s.Names, config.Cookies, config.QueryStrings)
	if !slices.Contains([]string{"", "none", "whitelist", "allExcept", "all", "allViewer", allViewerAndMade}, s.Kind) {
		return fmt.Errorf("the local cloud does not carry out the behavior %q of a policy", s.Kind)
	}
	return nil
}

func (s Selection) includes(name string) bool {
	listed := slices.Contains(s.Names, name)
	return s.Kind == "all" || strings.HasPrefix(s.Kind, "allViewer") || s.Kind == "whitelist" && listed || s.Kind == "allExcept" && !listed
}

// some reports whether any name can be included.
func (s Selection) some() bool { return s.Kind != "" && s.Kind != "none" }

// Flag is a boolean that may be text, as CloudFormation takes it.
type Flag bool

// Integer is a whole number that may be text.
type Integer int

// Seconds is a time in seconds that may be text.
type Seconds time.Duration

// UnmarshalJSON reads true and "true".
func (f *Flag) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(bytes.Trim(raw, `"`), (*bool)(f))
}

// UnmarshalJSON reads 404 and "404".
func (i *Integer) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(bytes.Trim(raw, `"`), (*int)(i))
}

// UnmarshalJSON reads 1.5 and "1.5".
func (s *Seconds) UnmarshalJSON(raw []byte) error {
	var v float64
	err := json.Unmarshal(bytes.Trim(raw, `"`), &v)
	if err == nil && v < 0 {
		err = fmt.Errorf("a time to live must not be negative, as %s is", raw)
	}
	*s = Seconds(v * float64(time.Second))
	return err
}
