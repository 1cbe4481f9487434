package conformance

import "testing"

// rule is one of AWS's published rules. It is held by a case of this package, which runs against a real endpoint as
// well, or by tests of the packages that carry it out.
type rule struct {
	area   string // HTTP, WebSocket, CloudFront, S3
	text   string
	source string           // page of the service's guide
	run    func(*testing.T) // a case of this package
	test   string           // else package.Test of infra/local
}

// rules is the table. docs/local-cloud-conformance.md is made of it.
var rules = []rule{
	{"HTTP", "A literal segment is chosen before a variable, a variable before a greedy one", "http-api-develop-routes", routes(map[string]string{"GET /rank/literal": "GET /rank/literal", "GET /rank/x": "GET /rank/{id}", "GET /rank/x/y": "GET /rank/{id}/{part}", "GET /rank/x/y/z": "GET /rank/{proxy+}"}), ""},
	{"HTTP", "A method is chosen before ANY, and $default serves the rest", "http-api-develop-routes", routes(map[string]string{"PUT /rank/x": "ANY /rank/{proxy+}", "GET /nowhere": "$default", "GET /": "GET /"}), ""},
	{"HTTP", "No route gives 404 {\"message\":\"Not Found\"}", "http-api-develop-routes", nil, "httpapi.TestNoRouteIsNotFound"},
	{"HTTP", "Path parameters are decoded; a greedy one spans segments", "http-api-develop-routes", pathParameters, ""},
	{"HTTP", "Duplicate query parameters are joined by commas; rawQueryString is as sent", "http-api-develop-integrations-lambda", mergedQuery, ""},
	{"HTTP", "Header names are lower-case, duplicates joined by commas, cookies have their own list", "http-api-develop-integrations-lambda", mergedHeaders, ""},
	{"HTTP", "Text bodies travel as text, others in base64", "http-api-develop-integrations-lambda", bodies, ""},
	{"HTTP", "The event has version 2.0, the request context and the stage variables", "http-api-develop-integrations-lambda", requestContext, ""},
	{"HTTP", "A base64 answer is decoded", "http-api-develop-integrations-lambda", binaryAnswer, ""},
	{"HTTP", "JSON without statusCode is the body: 200, application/json", "http-api-develop-integrations-lambda", inferredAnswer, ""},
	{"HTTP", "cookies of an answer become Set-Cookie headers", "http-api-develop-integrations-lambda", cookieAnswer, ""},
	{"HTTP", "A function that crashes or answers badly gives a 5xx with a message", "http-api-troubleshooting-lambda", failedFunction, ""},
	{"HTTP", "A Lambda authorizer: no identity 401, refused 403, its context reaches the function", "http-api-lambda-authorizer", authorizer, ""},
	{"HTTP", "An IAM policy of an authorizer is evaluated for each route, also a kept one", "http-api-lambda-authorizer", nil, "httpapi.TestAPolicyIsEvaluatedForTheRouteAlsoFromTheCache"},
	{"HTTP", "JWT claims reach the function as text", "http-api-jwt-authorizer", nil, "httpapi.TestClaimsOfATokenReachTheFunctionAsText"},
	{"HTTP", "A token that is not valid gives 401 with WWW-Authenticate", "http-api-troubleshooting-jwt", nil, "httpapi.TestTokensThatAreNotValidAre401"},
	{"HTTP", "client_id counts only where aud is absent", "http-api-jwt-authorizer", nil, "httpapi.TestClientIDCountsWhereTheTokenHasNoAudience"},
	{"HTTP", "One of the route's scopes is needed, else 403", "http-api-jwt-authorizer", nil, "httpapi.TestOneOfTheRoutesScopesIsNeeded"},
	{"HTTP", "The issuer's documents have 1.5 s and 150,000 bytes", "http-api-quotas", nil, "httpapi.TestAnIssuerThatIsSlowOrSaysTooMuchGivesNoKeys"},
	{"HTTP", "With CORS declared, preflights are answered by API Gateway", "http-api-cors", preflight, ""},
	{"HTTP", "With CORS declared, the function's CORS headers are ignored", "http-api-cors", corsAnswer, ""},
	{"HTTP", "A route with an authorizer that covers OPTIONS asks it before a preflight", "http-api-cors", nil, "httpapi.TestAPreflightOfARouteWithAnAuthorizerAsksItFirst"},
	{"HTTP", "Stage and route throttling give 429 {\"message\":\"Too Many Requests\"}", "http-api-throttling", nil, "httpapi.TestRouteSettingsReplaceTheStagesThrottle"},
	{"HTTP", "A payload over 10 MB gives 413", "http-api-quotas", tooLargeBody, ""},
	{"HTTP", "The integration timeout gives 503", "http-api-quotas", nil, "httpapi.TestIntegrationTimeoutEndsTheWait"},
	{"HTTP", "The access log has the declared form, - for what has no value", "http-api-logging-variables", nil, "httpapi.TestTheAccessLogHasTheDeclaredForm"},
	{"WebSocket", "A $connect answer other than 2xx refuses the handshake with its status", "apigateway-websocket-api-route-keys-connect-disconnect", refusedConnect, ""},
	{"WebSocket", "The route selection expression chooses the route; $default serves the rest and what is no JSON", "websocket-api-develop-routes", selectedRoutes, ""},
	{"WebSocket", "The event of a message has its context", "apigateway-websocket-api-mapping-template-reference", messageContext, ""},
	{"WebSocket", "Only a route with a route response answers its caller", "apigateway-websocket-api-route-response", oneWayRoute, ""},
	{"WebSocket", "PostToConnection sends a text frame", "apigateway-how-to-call-websocket-api-connections", pushedText, ""},
	{"WebSocket", "A failed integration is told in a message", "apigateway-websocket-api-lambda-proxy-integrations", failedMessage, ""},
	{"WebSocket", "A frame over 32 KB closes with 1009", "apigateway-execution-service-websocket-limits-table", largeFrame, ""},
	{"WebSocket", "A message over 128 KB closes with 1009", "apigateway-execution-service-websocket-limits-table", largeMessage, ""},
	{"WebSocket", "A binary frame closes with 1003", "websocket-api-develop-binary-media-types", binaryFrame, ""},
	{"WebSocket", "@connections: 410 GoneException for who has left", "apigateway-how-to-call-websocket-api-connections", nil, "websocket.TestDeleteClosesAndRunsDisconnect"},
	{"WebSocket", "@connections: 413 PayloadTooLargeException over 128 KB", "apigateway-how-to-call-websocket-api-connections", nil, "websocket.TestPushedMessagesAreTextWhateverTheirSize"},
	{"WebSocket", "While $connect runs the connection does not exist", "apigateway-websocket-api-route-keys-connect-disconnect", nil, "websocket.TestDuringConnectTheConnectionIsNotThereYet"},
	{"WebSocket", "$disconnect tells status and reason, also of a dropped connection", "apigateway-websocket-api-route-keys-connect-disconnect", nil, "websocket.TestDisconnectTellsHowTheConnectionEnded"},
	{"WebSocket", "10 minutes without a message and 2 hours in all close with 1001", "apigateway-execution-service-websocket-limits-table", nil, "websocket.TestIdleAndOldConnectionsAreClosed"},
	{"WebSocket", "The authorizer's context stays with the connection, as text", "apigateway-websocket-api-lambda-auth", nil, "websocket.TestTheAuthorizerDecidesAndItsContextStays"},
	{"WebSocket", "The $connect answer chooses the subprotocol", "websocket-connect-route-subprotocol", nil, "websocket.TestTheConnectRouteChoosesTheSubprotocol"},
	{"WebSocket", "A client that does not read is LimitExceededException, then closed", "apigateway-how-to-call-websocket-api-connections", nil, "websocket.TestAClientThatNeverReadsIsBoundedAndThenClosed"},
	{"CloudFront", "The first behaviour whose pattern covers the path serves", "DownloadDistValuesCacheBehavior", nil, "cloudfront.TestTheFirstMatchingBehaviorServes"},
	{"CloudFront", "Lifetimes follow the origin within the cache policy", "Expiration", nil, "cloudfront.TestLifetimesFollowTheOriginWithinThePolicy"},
	{"CloudFront", "The cache key holds what the policy names, which also reaches the origin", "cache-key-understand-cache-policy", nil, "cloudfront.TestTheKeyHoldsWhatThePolicyNames"},
	{"CloudFront", "A stale object is asked for again with its tag", "Expiration", nil, "cloudfront.TestAStaleObjectIsAskedForAgainWithItsTag"},
	{"CloudFront", "A stale object serves on while the origin answers 5xx, unless Cache-Control forbids it", "HTTPStatusCodes", nil, "cloudfront.TestAStaleObjectServesOnWhileTheOriginFails"},
	{"CloudFront", "Ranges and conditions are answered from the cache", "RangeGETs", nil, "cloudfront.TestRangesAndConditionsAreAnsweredFromTheCache"},
	{"CloudFront", "Errors are kept for the error caching minimum TTL", "HTTPStatusCodes", nil, "cloudfront.TestErrorsAreKeptTenSeconds"},
	{"CloudFront", "Without cookies to the origin there are none to the viewer", "Cookies", nil, "cloudfront.TestSetCookieReachesViewersOnlyWhereCookiesReachTheOrigin"},
	{"CloudFront", "An invalidation removes what its paths cover", "invalidation-specifying-objects", nil, "cloudfront.TestAnInvalidationRemovesWhatItsPathsCover"},
	{"CloudFront", "A custom error response replaces the origin's error", "custom-error-pages", nil, "cloudfront.TestACustomErrorResponseReplacesTheOriginsError"},
	{"CloudFront", "The response headers policy is applied, with its override flags", "understanding-response-headers-policies", nil, "cloudfront.TestResponseHeadersPolicyIsApplied"},
	{"CloudFront", "Text of 1,000 to 10,000,000 bytes is compressed for who accepts it", "ServingCompressedFiles", nil, "cloudfront.TestTextIsCompressedForViewersThatAcceptIt"},
	{"CloudFront", "A WebSocket upgrade passes through its behaviour", "distribution-working-with.websockets", nil, "cloudfront.TestAWebSocketUpgradePassesThroughItsBehavior"},
}
