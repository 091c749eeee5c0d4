// Package budget bounds how many bytes a node sends of what its containers log, so that what CloudWatch takes for it has a most. What is
// not used may be used within half an hour.
package budget

import (
	"sync"
	"time"
)

// burstMinutes is how many minutes' bytes may come at once: a program that starts says more than one that runs.
const burstMinutes = 30

// Container is who logs.
type Container struct{ Namespace, Tenant, Pod, Name string }

// Cut is what was not sent of a container's.
type Cut struct{ Lines, Bytes int }

// Budget is one node's. It is safe for concurrent use.
type Budget struct {
	perContainer float64

	mu         sync.Mutex
	node       bucket
	tenants    bucket // all tenants' together have half of the node's, so that they cannot keep the platform from being heard
	containers map[Container]*bucket
	cuts       map[Container]Cut
}

// New is a budget of so many bytes a minute.
func New(node, container int, now time.Time) *Budget {
	return &Budget{
		perContainer: float64(container), node: full(float64(node), now), tenants: full(float64(node)/2, now),
		containers: map[Container]*bucket{}, cuts: map[Container]Cut{},
	}
}

// Take says whether a line may be sent, and notes it as cut if not.
func (b *Budget) Take(from Container, size int, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own, known := b.containers[from]
	if !known {
		own = new(full(b.perContainer, now))
		b.containers[from] = own
	}
	shares := []*bucket{own, &b.node}
	if from.Tenant != "" {
		shares = append(shares, &b.tenants)
	}
	for _, share := range shares {
		if !share.has(float64(size), now) {
			cut := b.cuts[from]
			b.cuts[from] = Cut{cut.Lines + 1, cut.Bytes + size}
			return false
		}
	}
	for _, share := range shares {
		share.bytes -= float64(size)
	}
	return true
}

// Cuts is what was cut since it was last asked. It forgets containers that have said nothing for long.
func (b *Budget) Cuts(now time.Time) map[Container]Cut {
	b.mu.Lock()
	defer b.mu.Unlock()
	for from, own := range b.containers {
		if own.fill(now); own.bytes >= own.perMinute*burstMinutes {
			delete(b.containers, from)
		}
	}
	cuts := b.cuts
	b.cuts = map[Container]Cut{}
	return cuts
}

// bucket has the bytes that may be sent now.
type bucket struct {
	perMinute, bytes float64
	at               time.Time
}

func full(perMinute float64, now time.Time) bucket {
	return bucket{perMinute: perMinute, bytes: perMinute * burstMinutes, at: now}
}

func (b *bucket) fill(now time.Time) {
	b.bytes = min(b.bytes+b.perMinute*max(0, now.Sub(b.at).Minutes()), b.perMinute*burstMinutes)
	b.at = now
}

func (b *bucket) has(bytes float64, now time.Time) bool {
	b.fill(now)
	return b.bytes >= bytes
}
