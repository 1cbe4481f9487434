package main

import "sync"

// localCloudFigures are those of the local cloud: what it adds to a function, and how it holds many connections.
func localCloudFigures() []figure {
	edge := sync.OnceValues(func() (string, error) { return benchmarks("1x", "./infra/local/conformance") })
	lambda := sync.OnceValues(func() (string, error) { return benchmarks("20x", "./infra/local/lambda") })
	return []figure{
		{name: "local cloud: requests on a trivial route, 16 clients", limit: "900", unit: "/s", atLeast: true, measure: metric(edge, "HTTPTrivialRoute16Clients", "req/s")},
		{name: "local cloud: the same, p99", limit: "40", unit: "ms", decimals: 1, measure: metric(edge, "HTTPTrivialRoute16Clients", "p99-ms")},
		{name: "local cloud: added to a direct call of the same handler, p50", limit: "1", unit: "ms", decimals: 2, measure: metric(edge, "HTTPAddedLatency", "added-p50-ms")},
		{name: "local cloud: 1,000 WebSocket connections open", limit: "5", unit: "s", decimals: 2, measure: metric(edge, "WebSocket1000Connections", "open-s")},
		{name: "local cloud: one message to each of them", limit: "1", unit: "s", decimals: 2, measure: metric(edge, "WebSocket1000Connections", "message-to-each-s")},
		{name: "local cloud: memory of an idle connection", unit: "KiB", decimals: 0, measure: metric(edge, "WebSocket1000Connections", "KiB/connection")},
		{name: "local cloud: the invocation after a crash, median of 20", limit: "50", unit: "ms", decimals: 1, measure: metric(lambda, "Crash", "ms-next")},
	}
}
