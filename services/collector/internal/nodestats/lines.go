package nodestats

import (
	"time"

	"github.com/genericcorp/platform/services/collector/api"
	"github.com/genericcorp/platform/services/collector/internal/emf"
)

// lines are what is sent of one minute. With each is a line of each pod, which makes no metric, but says who it was.
func (c *Config) lines(at time.Time, n node, pods []pod, each bool) ([]string, error) {
	w := &writer{config: c, at: at}
	whole := []emf.Metric{}
	whole = known(whole, api.MetricNodeCPU, n.CPUPercent)
	whole = known(whole, api.MetricNodeMemory, n.MemoryPercent)
	whole = known(whole, api.MetricNodeDisk, n.DiskPercent)
	var fullest *float64
	var restarts, tenants, memory, cpu float64
	programs := map[string]pod{}
	for _, p := range pods {
		if p.Tenant != "" {
			tenants++
			memory, cpu = memory+orZero(p.Memory), cpu+orZero(p.CPU)
			continue
		}
		all := programs[p.Program]
		all.MemoryPercent, all.CPUPercent = fuller(all.MemoryPercent, p.MemoryPercent), fuller(all.CPUPercent, p.CPUPercent)
		all.Restarts += p.Restarts
		programs[p.Program] = all
		fullest, restarts = fuller(fullest, p.MemoryPercent), restarts+float64(p.Restarts)
	}
	whole = known(whole, api.MetricProgramMemory, fullest)
	whole = append(whole, emf.Metric{Name: api.MetricProgramRestarts, Unit: "Count", Value: restarts}, emf.Metric{Name: api.MetricTenantPods, Unit: "Count", Value: tenants},
		emf.Metric{Name: api.MetricTenantMemory, Unit: "Bytes", Value: memory}, emf.Metric{Name: api.MetricTenantCPU, Unit: "None", Value: cpu})
	w.write([][]string{{api.DimensionEnvironment}}, map[string]any{}, whole...)
	for program, p := range programs {
		metrics := known(known(nil, api.MetricProgramMemory, p.MemoryPercent), api.MetricProgramCPU, p.CPUPercent)
		metrics = append(metrics, emf.Metric{Name: api.MetricProgramRestarts, Unit: "Count", Value: float64(p.Restarts)})
		w.write([][]string{{api.DimensionEnvironment, api.DimensionProgram}}, map[string]any{api.DimensionProgram: program}, metrics...)
	}
	for _, p := range pods {
		if each || p.Restarts > 0 {
			w.write(nil, p.fields())
		}
	}
	return w.lines, w.err
}

func known(list []emf.Metric, name string, value *float64) []emf.Metric {
	if value == nil {
		return list
	}
	return append(list, emf.Metric{Name: name, Unit: "Percent", Value: *value})
}

func orZero(value *float64) float64 {
	if value == nil {
		return 0
	}
	return *value
}

// fields say who a pod is and what it uses.
func (p pod) fields() map[string]any {
	fields := map[string]any{"namespace": p.Namespace, "pod": p.Name, "restarts": p.Restarts}
	if p.Tenant != "" {
		fields["tenant"] = p.Tenant
	} else {
		fields["program"] = p.Program
	}
	for name, value := range map[string]*float64{
		"memoryBytes": p.Memory, "cpuMillicores": p.CPU, "memoryPercent": p.MemoryPercent, "cpuPercent": p.CPUPercent,
	} {
		if value != nil {
			fields[name] = int64(*value + 0.5) // to the nearest
		}
	}
	return fields
}

type writer struct {
	config *Config
	at     time.Time
	lines  []string
	err    error
}

func (w *writer) write(dimensions [][]string, fields map[string]any, metrics ...emf.Metric) {
	fields["cluster"], fields["node"] = w.config.Cluster, w.config.Node
	if len(metrics) > 0 {
		fields[api.DimensionEnvironment] = w.config.Environment
	}
	line, err := emf.Line(w.at, dimensions, fields, metrics...)
	if err != nil {
		w.err = err
		return
	}
	w.lines = append(w.lines, line)
}
