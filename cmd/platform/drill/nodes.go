package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

const (
	podEvery  = 500 * time.Millisecond
	podLimit  = 2 * time.Second  // for one replica to answer
	podsLimit = 15 * time.Minute // for the pods to run elsewhere, and for the nodes to be replaced
	namespace = "kube-system"
	selector  = "k8s-app=kube-dns"
	answers   = "9153/proxy/metrics" // port and path at which a replica answers
	workload  = "the cluster's DNS"
	zoneLabel = "topology.kubernetes.io/zone"
)

// Cluster is the environment's Kubernetes cluster and how a machine of it is taken away.
type Cluster struct {
	Kubectl func(ctx context.Context, args ...string) ([]byte, error)
	// Kill ends the machine behind a node as a power cut does.
	Kill func(ctx context.Context, node Node) error
}

// Node is a node as Kubernetes shows it.
type Node struct {
	Metadata struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		ProviderID string `json:"providerID"` // aws:///<zone>/<instance>
	} `json:"spec"`
	Status status `json:"status"`
}

type pod struct {
	Metadata struct {
		Name    string     `json:"name"`
		Deleted *time.Time `json:"deletionTimestamp"`
	} `json:"metadata"`
	Spec struct {
		Node string `json:"nodeName"`
	} `json:"spec"`
	Status status `json:"status"`
}

type status struct {
	Conditions []struct {
		Type   string `json:"type"`
		Status string `json:"status"`
	} `json:"conditions"`
}

func (s status) ready() bool {
	for _, c := range s.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}

func list[T any](ctx context.Context, c *Cluster, args ...string) ([]T, error) {
	out, err := c.Kubectl(ctx, append([]string{"get", "--output", "json"}, args...)...)
	if err != nil {
		return nil, err
	}
	var read struct {
		Items []T `json:"items"`
	}
	if err := json.Unmarshal(out, &read); err != nil {
		return nil, fmt.Errorf("read what kubectl shows: %w", err)
	}
	return read.Items, nil
}

func (c *Cluster) nodes(ctx context.Context) ([]Node, error) {
	all, err := list[Node](ctx, c, "nodes")
	return slices.DeleteFunc(all, func(n Node) bool { return !n.Status.ready() }), err
}

// replicas are the pods that are there to stay. One that is ending has its successor already, or nobody wants one.
func (c *Cluster) replicas(ctx context.Context) ([]pod, error) {
	all, err := list[pod](ctx, c, "pods", "--namespace", namespace, "--selector", selector)
	return slices.DeleteFunc(all, func(p pod) bool { return p.Metadata.Deleted != nil }), err
}

// node takes away a machine on which a replica of the cluster's DNS runs.
func (d *Drill) node(ctx context.Context, r *Result) error {
	return d.lose(ctx, r, func(on Node, _ []Node) []Node { return []Node{on} })
}

// zone takes away all machines of such a zone at once.
func (d *Drill) zone(ctx context.Context, r *Result) error {
	return d.lose(ctx, r, func(on Node, all []Node) []Node {
		return slices.DeleteFunc(slices.Clone(all), func(n Node) bool { return n.Metadata.Labels[zoneLabel] != on.Metadata.Labels[zoneLabel] })
	})
}

// lose takes machines away, and asks the replicas until all of them run elsewhere. One must answer at every moment.
func (d *Drill) lose(ctx context.Context, r *Result, choose func(on Node, all []Node) []Node) error {
	nodes, err := d.Cluster.nodes(ctx)
	if err != nil {
		return err
	}
	before, err := d.Cluster.replicas(ctx)
	if err != nil {
		return err
	}
	doomed, err := victims(nodes, before, choose)
	if err != nil {
		return err
	}
	if !d.answered(ctx, before) {
		//page:node-or-zone-loss
		return fmt.Errorf("nothing was taken away: no replica of %s answers", workload)
	}
	began := time.Now()
	var names []string
	for _, n := range doomed {
		names = append(names, n.Metadata.Name)
		if err := d.Cluster.Kill(ctx, n); err != nil {
			return fmt.Errorf("end the machine of %s: %w", n.Metadata.Name, err)
		}
	}
	d.note(r, "%s in %s went away: %s", printable.Count(len(doomed), "node"), doomed[0].Metadata.Labels[zoneLabel], strings.Join(names, " "))
	gap, err := d.untilElsewhere(ctx, names, before)
	if err != nil {
		return err
	}
	r.RTOSeconds = time.Since(began).Seconds()
	r.lost(0)
	d.note(r, "%s of %s run on other nodes after %s; nodes hold no data", printable.Count(len(before), "replica"), workload, Short(seconds(r.RTOSeconds)))
	if err := d.untilReplaced(ctx, len(nodes)); err != nil {
		return err
	}
	d.note(r, "there are %s again after %s", printable.Count(len(nodes), "node"), Short(time.Since(began)))
	if gap > 0 {
		//page:node-or-zone-loss
		return fmt.Errorf("no replica of %s answered for %s", workload, Short(gap))
	}
	d.note(r, "a replica answered every time that it was asked")
	return nil
}

// victims are the nodes that a step takes away. Something must be left to go to, and to answer meanwhile.
func victims(nodes []Node, replicas []pod, choose func(on Node, all []Node) []Node) ([]Node, error) {
	for _, n := range nodes {
		doomed := choose(n, nodes)
		on := func(p pod) bool {
			return slices.ContainsFunc(doomed, func(d Node) bool { return d.Metadata.Name == p.Spec.Node })
		}
		stays := slices.ContainsFunc(replicas, func(p pod) bool { return p.Status.ready() && !on(p) })
		if stays && slices.ContainsFunc(replicas, on) {
			return doomed, nil
		}
	}
	//page:node-or-zone-loss
	return nil, fmt.Errorf("nothing was taken away: %s has its %s on too few of the cluster's %s to do without one",
		workload, printable.Count(len(replicas), "replica"), printable.Count(len(nodes), "ready node"))
}

// answered asks one replica after the other until one answers.
func (d *Drill) answered(ctx context.Context, replicas []pod) bool {
	for _, p := range replicas {
		limited, cancel := context.WithTimeout(ctx, podLimit)
		_, err := d.Cluster.Kubectl(limited, "get", "--raw", "/api/v1/namespaces/"+namespace+"/pods/"+p.Metadata.Name+":"+answers)
		cancel()
		if err == nil {
			return true
		}
	}
	return false
}

// untilElsewhere asks until as many replicas as before are ready on other nodes than the lost ones. It returns the longest time
// in which none answered.
func (d *Drill) untilElsewhere(ctx context.Context, lost []string, before []pod) (gap time.Duration, err error) {
	//page:node-or-zone-loss
	ctx, cancel := context.WithTimeoutCause(ctx, podsLimit, fmt.Errorf("the pods do not run on other nodes after %s", podsLimit))
	defer cancel()
	now, last := before, time.Now()
	for {
		if d.answered(ctx, now) {
			last = time.Now()
		} else if ctx.Err() == nil {
			gap = max(gap, time.Since(last))
		}
		if shown, err := d.Cluster.replicas(ctx); err == nil {
			now = shown
			elsewhere := 0
			for _, p := range shown {
				if p.Status.ready() && !slices.Contains(lost, p.Spec.Node) {
					elsewhere++
				}
			}
			if elsewhere >= len(before) {
				return gap, nil
			}
		}
		if err := pause(ctx); err != nil {
			return gap, err
		}
	}
}

// untilReplaced waits until as many nodes as before are ready.
func (d *Drill) untilReplaced(ctx context.Context, number int) error {
	//page:node-or-zone-loss
	ctx, cancel := context.WithTimeoutCause(ctx, podsLimit, fmt.Errorf("the lost nodes are not replaced after %s", podsLimit))
	defer cancel()
	for {
		if now, err := d.Cluster.nodes(ctx); err == nil && len(now) >= number {
			return nil
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(podEvery):
		return nil
	}
}
