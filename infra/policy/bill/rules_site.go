package bill

import "fmt"

// api prices the requests of an HTTP API, or the messages and connections of a WebSocket API.
func api(used *account, r resource) error {
	protocol, err := r.text("ProtocolType", "")
	if err != nil {
		return err
	}
	usage := r.settings.Usage
	switch protocol {
	case "HTTP":
		used.once("http-api-requests", float64(usage.HTTPRequests), r.name())
		used.once("internet", usage.InternetGB, r.name())
	case "WEBSOCKET":
		used.once("websocket-messages", float64(usage.WebSocketMessages), r.name())
		used.once("websocket-minutes", float64(usage.ConnectionMinutes()), r.name())
	default:
		return fmt.Errorf("ProtocolType is %q: the bill prices HTTP and WEBSOCKET", protocol)
	}
	return nil
}

// bucket prices what all buckets hold together, the bootstrap bucket of CDK included.
func bucket(used *account, r resource) error {
	usage := r.settings.Usage
	used.once("s3-storage", usage.StoredGB, r.name())
	used.once("s3-writes", float64(usage.ObjectWrites), r.name())
	used.once("s3-reads", float64(usage.ObjectReads), r.name())
	return r.refuse("ReplicationConfiguration", "AccelerateConfiguration", "IntelligentTieringConfigurations", "InventoryConfigurations")
}

// distribution prices requests and transfer at the rates of the region's own edge. Every request of the API is taken to
// come through it, and each request runs one edge function.
func distribution(used *account, r resource) error {
	usage := r.settings.Usage
	requests := float64(usage.SiteRequests + usage.HTTPRequests)
	used.once("cloudfront-transfer", usage.DownloadGB, r.name())
	used.once("cloudfront-requests", requests, r.name())
	used.once("cloudfront-functions", requests, r.name())
	return r.refuse("DistributionConfig.WebACLId", "DistributionConfig.ViewerCertificate.IamCertificateId")
}
