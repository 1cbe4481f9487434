package status

import (
	"encoding/json"
	"slices"
	"strings"
)

// series is one metric of one set of dimensions, which are "name=value, name=value".
type series struct{ Namespace, Name, Dimensions, Unit string }

// Metric is a series with its values.
type Metric struct {
	series
	Count                       int
	Sum, Minimum, Maximum, Last float64
}

// Average is that of all values; there is at least one.
func (m Metric) Average() float64 { return m.Sum / float64(m.Count) }

// value is one value of a series.
type value struct {
	of series
	is float64
}

// parseEMF reads the metrics of a line in the embedded metric format; any other line has none.
//
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func parseEMF(line string) []value {
	if !strings.Contains(line, `"CloudWatchMetrics"`) {
		return nil
	}
	var root struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	var members map[string]any
	if json.Unmarshal([]byte(line), &root) != nil || json.Unmarshal([]byte(line), &members) != nil {
		return nil
	}
	var out []value
	for _, directive := range root.AWS.CloudWatchMetrics {
		sets := directive.Dimensions
		if len(sets) == 0 {
			sets = [][]string{nil}
		}
		for _, m := range directive.Metrics {
			for _, set := range sets {
				of := series{directive.Namespace, m.Name, dimensions(set, members), m.Unit}
				for _, n := range numbers(members[m.Name]) {
					out = append(out, value{of, n})
				}
			}
		}
	}
	return out
}

// numbers reads a value or a list of values; anything else is no metric.
func numbers(v any) []float64 {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	var out []float64
	for _, item := range list {
		if n, ok := item.(float64); ok {
			out = append(out, n)
		}
	}
	return out
}

func dimensions(names []string, members map[string]any) string {
	var parts []string
	for _, name := range names {
		text, _ := members[name].(string) // a dimension that is no string is shown empty
		parts = append(parts, name+"="+text)
	}
	return strings.Join(parts, ", ")
}

// maxMetrics bounds the metrics, because a dimension may be an id.
const maxMetrics = 500

func (c *Collector) measure(v value) {
	m := c.metrics[v.of]
	if m == nil {
		if len(c.metrics) == maxMetrics {
			return
		}
		m = &Metric{series: v.of, Minimum: v.is, Maximum: v.is}
		c.metrics[v.of] = m
	}
	m.Count++
	m.Sum += v.is
	m.Minimum, m.Maximum, m.Last = min(m.Minimum, v.is), max(m.Maximum, v.is), v.is
}

// Metrics are sorted by namespace and name.
func (c *Collector) Metrics() []Metric {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Metric
	for _, m := range c.metrics {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b Metric) int {
		return slices.Compare([]string{a.Namespace, a.Name, a.Dimensions, a.Unit}, []string{b.Namespace, b.Name, b.Dimensions, b.Unit})
	})
	return out
}
