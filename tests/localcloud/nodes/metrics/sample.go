// Package metrics serves metrics.k8s.io, which autoscalers and kubectl top ask, from what the kubelets of nodes measure. On EKS the
// add-on metrics-server does (https://github.com/kubernetes-sigs/metrics-server/blob/master/KNOWN_ISSUES.md says how it counts).
package metrics

import (
	"bufio"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// usage is what a container or a node has used: seconds of processors since it began, and bytes of memory now.
type usage struct {
	cpu    float64
	memory float64
}

// container names one; with nothing in it, it is the node.
type container struct{ namespace, pod, name string }

// sample is what one kubelet said at a moment.
type sample struct {
	at   time.Time
	used map[container]usage
}

var (
	line   = regexp.MustCompile(`^(node|container)_(cpu_usage_seconds_total|memory_working_set_bytes)(?:\{(.*)\})? (\S+)`)
	labels = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// parse reads a kubelet's /metrics/resource.
func parse(text io.Reader, at time.Time) (sample, error) {
	s := sample{at: at, used: map[container]usage{}}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		parts := line.FindStringSubmatch(lines.Text())
		if parts == nil {
			continue
		}
		value, err := strconv.ParseFloat(parts[4], 64)
		if err != nil {
			return s, err
		}
		var c container
		for _, label := range labels.FindAllStringSubmatch(parts[3], -1) {
			switch label[1] {
			case "namespace":
				c.namespace = label[2]
			case "pod":
				c.pod = label[2]
			case "container":
				c.name = label[2]
			}
		}
		used := s.used[c]
		if strings.HasPrefix(parts[2], "cpu") {
			used.cpu = value
		} else {
			used.memory = value
		}
		s.used[c] = used
	}
	return s, lines.Err()
}

// rate is the usage of a container between two samples, in processors; it has none until there are two of the same container.
func rate(before, after sample, c container) (cpu float64, known bool) {
	first, had := before.used[c]
	second, has := after.used[c]
	seconds := after.at.Sub(before.at).Seconds()
	if !had || !has || seconds <= 0 || second.cpu < first.cpu { // it has begun anew
		return 0, false
	}
	return (second.cpu - first.cpu) / seconds, true
}
