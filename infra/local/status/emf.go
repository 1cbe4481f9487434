package status

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Metric is one metric of one set of dimensions.
type Metric struct {
	Namespace, Name, Unit string
	// Dimensions is "name=value, name=value".
	Dimensions                  string
	Count                       int
	Sum, Minimum, Maximum, Last float64
}

// Average is 0 for a metric without values.
func (m Metric) Average() float64 {
	if m.Count == 0 {
		return 0
	}
	return m.Sum / float64(m.Count)
}

// key sorts metrics for the page.
func (m Metric) key() string {
	return strings.Join([]string{m.Namespace, m.Name, m.Dimensions, m.Unit}, "\x00")
}

// parseEMF reads the metrics of a line in the embedded metric format; any other line has none.
//
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func parseEMF(line string) []Metric {
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
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(line), &root) != nil || json.Unmarshal([]byte(line), &members) != nil {
		return nil
	}
	var out []Metric
	for _, directive := range root.AWS.CloudWatchMetrics {
		sets := directive.Dimensions
		if len(sets) == 0 {
			sets = [][]string{nil}
		}
		for _, declared := range directive.Metrics {
			values := numbers(members[declared.Name])
			for _, set := range sets {
				m := Metric{Namespace: directive.Namespace, Name: declared.Name, Unit: declared.Unit, Dimensions: dimensions(set, members)}
				for _, v := range values {
					m.add(Metric{Count: 1, Sum: v, Minimum: v, Maximum: v, Last: v})
				}
				if m.Count > 0 {
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// numbers reads a value or a list of values.
func numbers(raw json.RawMessage) []float64 {
	var one float64
	if json.Unmarshal(raw, &one) == nil {
		return []float64{one}
	}
	var many []float64
	_ = json.Unmarshal(raw, &many) // anything else is no metric
	return many
}

func dimensions(names []string, members map[string]json.RawMessage) string {
	var parts []string
	for _, name := range names {
		var value string
		_ = json.Unmarshal(members[name], &value) // a dimension that is no string is shown empty
		parts = append(parts, name+"="+value)
	}
	return strings.Join(parts, ", ")
}

// add takes in the values of n.
func (m *Metric) add(n Metric) {
	if m.Count == 0 {
		m.Minimum, m.Maximum = n.Minimum, n.Maximum
	}
	m.Count += n.Count
	m.Sum += n.Sum
	m.Minimum, m.Maximum, m.Last = min(m.Minimum, n.Minimum), max(m.Maximum, n.Maximum), n.Last
}

// maxMetrics bounds the metrics, because a dimension may be an id.
const maxMetrics = 500

func (c *Collector) addMetric(m Metric) {
	known := c.metrics[m.key()]
	if known == nil {
		if len(c.metrics) >= maxMetrics {
			return
		}
		known = &Metric{Namespace: m.Namespace, Name: m.Name, Unit: m.Unit, Dimensions: m.Dimensions}
		c.metrics[m.key()] = known
	}
	known.add(m)
}

// Metrics are sorted by namespace and name.
func (c *Collector) Metrics() []Metric {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Metric
	for _, key := range slices.Sorted(maps.Keys(c.metrics)) {
		out = append(out, *c.metrics[key])
	}
	return out
}
