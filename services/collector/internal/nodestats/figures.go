package nodestats

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/collector/api"
)

const (
	hundred  = 100
	nanoCore = 1e9
	milli    = 1e3
)

// pod is what one pod uses.
type pod struct {
	Namespace, Tenant, Name string
	Program                 string // whose metrics it counts for; empty: a tenant's
	Memory, CPU             *float64
	MemoryPercent           *float64 // of the limit of the container that is nearest to it
	CPUPercent              *float64
	Restarts                int // since the kubelet was asked before
}

// node is what a node uses.
type node struct{ CPUPercent, MemoryPercent, DiskPercent *float64 }

// counter remembers restarts.
type counter map[string]int // of a pod's containers together, by its UID

// nodeOf is what a node with so many processors uses. What its kubelet does not know is nil.
func nodeOf(s summary, processors int) (n node) {
	if used := s.Node.CPU.UsageNanoCores; used != nil {
		n.CPUPercent = new(*used / nanoCore / float64(processors) * hundred)
	}
	if m := s.Node.Memory; m.WorkingSetBytes != nil && m.AvailableBytes != nil {
		n.MemoryPercent = share(*m.WorkingSetBytes, *m.WorkingSetBytes+*m.AvailableBytes)
	}
	for _, d := range []disk{s.Node.FS, s.Node.Runtime.ImageFS} {
		n.DiskPercent = fuller(fuller(n.DiskPercent, used(d.CapacityBytes, d.AvailableBytes)), used(d.Inodes, d.InodesFree))
	}
	return n
}

func share(part, of float64) *float64 {
	if of <= 0 {
		return nil
	}
	return new(part / of * hundred)
}

func used(all, free *float64) *float64 {
	if all == nil || free == nil {
		return nil
	}
	return share(*all-*free, *all)
}

// fuller is the larger one of those that are known.
func fuller(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func percentOf(used, limit *float64) *float64 {
	if used == nil || limit == nil {
		return nil
	}
	return share(*used, *limit)
}

func scaled(value *float64, factor float64) *float64 {
	if value == nil {
		return nil
	}
	return new(*value * factor)
}

// podsOf is what each pod uses. Programs have a name of their own if they are among those that are known.
func podsOf(s summary, list podList, programs []string, restarts counter) []pod {
	type key struct{ pod, container string }
	limits, byUID := map[key]map[string]string{}, map[string]*pod{}
	seen, first := counter{}, len(restarts) == 0
	for _, item := range list.Items {
		p := &pod{Namespace: item.Metadata.Namespace, Name: item.Metadata.Name}
		if tenant, isTenants := strings.CutPrefix(p.Namespace, slug.Namespace("")); isTenants {
			p.Tenant = tenant
		} else if p.Program = item.Metadata.Labels["app.kubernetes.io/name"]; !slices.Contains(programs, p.Program) {
			p.Program = api.OtherPrograms
		}
		total := 0
		for _, status := range item.Status.ContainerStatuses {
			total += status.RestartCount
		}
		// What happened before the collector began is not counted again.
		if before, known := restarts[item.Metadata.UID]; known || !first {
			p.Restarts = max(0, total-before)
		}
		seen[item.Metadata.UID], byUID[item.Metadata.UID] = total, p
		for _, c := range item.Spec.Containers {
			limits[key{item.Metadata.UID, c.Name}] = c.Resources.Limits
		}
	}
	clear(restarts)
	maps.Copy(restarts, seen)
	for _, measured := range s.Pods {
		p, known := byUID[measured.PodRef.UID]
		if !known {
			continue // it came between both questions
		}
		p.Memory, p.CPU = measured.Memory.WorkingSetBytes, scaled(measured.CPU.UsageNanoCores, milli/nanoCore)
		for _, c := range measured.Containers {
			limit := limits[key{measured.PodRef.UID, c.Name}]
			p.MemoryPercent = fuller(p.MemoryPercent, percentOf(c.Memory.WorkingSetBytes, quantity(limit["memory"])))
			p.CPUPercent = fuller(p.CPUPercent, percentOf(scaled(c.CPU.UsageNanoCores, 1/nanoCore), quantity(limit["cpu"])))
		}
	}
	pods := make([]pod, 0, len(byUID))
	for _, p := range byUID {
		pods = append(pods, *p)
	}
	slices.SortFunc(pods, func(a, b pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return pods
}
