package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/construct"
	"github.com/miyabi-society/platform/infra/environment"
)

// Dashboard is phase 3: the site, with the API, the sign-in and the WebSocket API on the same domain, so that the
// browser needs no CORS and cookies stay first-party.
func Dashboard(scope constructs.Construct, settings environment.Settings, folders environment.Folders) awscdk.Stack {
	stack := newStack(scope, settings, DashboardName, "Miyabi Society, phase 3: dashboard")
	host := func(name string) *string {
		id := construct.Published(stack, settings, construct.APIPhase, name)
		return jsii.String(*id + ".execute-api." + settings.Region + ".amazonaws.com")
	}
	site := construct.NewStaticSite(stack, "Site", construct.StaticSiteProps{
		Settings: settings,
		Folders:  folders,
		Backends: []construct.Backend{
			{Patterns: []string{"/api/*", "/auth/*"}, Host: host(construct.HTTPAPIID)},
			{Patterns: []string{"/" + construct.LiveStage}, Host: host(construct.WebSocketAPIID), Stream: true},
		},
	})
	publish := func(name string, value *string) {
		construct.Publish(stack, settings, construct.DashboardPhase, name, value)
	}
	publish(construct.SiteDomain, site.Host(settings))
	publish(construct.DistributionDomain, site.Distribution.DistributionDomainName())
	publish(construct.SiteBucket, site.Bucket.BucketName())
	publish(construct.DistributionID, site.Distribution.DistributionId())
	output(stack, "SiteUrl", "Where the dashboard is", jsii.String("https://"+*site.Host(settings)))
	if name := settings.Site.Domain.Name; name != "" {
		output(stack, "SiteCname", "The DNS record to make, once, where the domain is kept", jsii.String(name+" CNAME "+*site.Distribution.DistributionDomainName()))
	}
	return stack
}
