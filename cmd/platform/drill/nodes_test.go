package drill

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeCluster has nodes in zones, with one replica each, which come back elsewhere when a node is lost.
type fakeCluster struct {
	zones  map[string]string // of nodes, by name
	pods   map[string]string // nodes of replicas, by name
	ending map[string]string // nodes of replicas that are on their way out, by name
	silent int               // how many questions no replica answers after a loss
	asked  int               // questions since then
	gone   bool
}

func (f *fakeCluster) cluster() *Cluster {
	return &Cluster{Kubectl: f.kubectl, Kill: func(_ context.Context, n Node) error {
		delete(f.zones, n.Metadata.Name)
		f.gone = true
		return nil
	}}
}

func (f *fakeCluster) kubectl(_ context.Context, args ...string) ([]byte, error) {
	ready := map[string]any{"conditions": []any{map[string]string{"type": "Ready", "status": "True"}}}
	items := []any{}
	switch {
	case strings.Contains(args[len(args)-1], "/proxy/"):
		if f.gone {
			f.asked++
		}
		if f.gone && f.asked <= f.silent {
			return nil, errors.New("no route to host")
		}
		return nil, nil
	case args[3] == "nodes":
		for i := len(f.zones); f.gone && i < 3; i++ {
			f.zones["new"+strconv.Itoa(i)] = "a"
		}
		for name, zone := range f.zones {
			items = append(items, map[string]any{"metadata": map[string]any{"name": name, "labels": map[string]string{zoneLabel: zone}}, "status": ready})
		}
	default:
		for name, node := range f.pods {
			for other := range f.zones {
				if f.zones[node] == "" {
					node = other
				}
			}
			items = append(items, map[string]any{"metadata": map[string]any{"name": name}, "spec": map[string]string{"nodeName": node}, "status": ready})
		}
		for name, node := range f.ending {
			metadata := map[string]any{"name": name, "deletionTimestamp": "2026-01-01T00:00:00Z"}
			items = append(items, map[string]any{"metadata": metadata, "spec": map[string]string{"nodeName": node}, "status": ready})
		}
	}
	return json.Marshal(map[string]any{"items": items})
}

func fake() *fakeCluster {
	return &fakeCluster{zones: map[string]string{"n1": "a", "n2": "b", "n3": "c"}, pods: map[string]string{"p1": "n1", "p2": "n2"}}
}

func TestALostNodeIsMeasured(t *testing.T) {
	t.Parallel()
	d := &Drill{Cluster: fake().cluster(), Out: io.Discard}
	var r Result
	require.NoError(t, d.node(t.Context(), &r))
	assert.Positive(t, r.RTOSeconds)
	require.NotNil(t, r.RPOSeconds)
	assert.Contains(t, r.Observations[0], "1 node in ")
	assert.Contains(t, r.Observations[1], "2 replicas of the cluster's DNS run on other nodes after ")
	assert.Contains(t, r.Observations[3], "a replica answered every time")
}

func TestAPauseWithoutAnAnswerIsAFailure(t *testing.T) {
	t.Parallel()
	f := fake()
	f.silent = 2
	var r Result
	require.ErrorContains(t, (&Drill{Cluster: f.cluster(), Out: io.Discard}).node(t.Context(), &r), "no replica of the cluster's DNS answered for ")
}

// A replica that is ending is none: it neither answers for the others nor comes back.
func TestAReplicaThatIsEndingDoesNotCount(t *testing.T) {
	t.Parallel()
	f := fake()
	f.pods, f.ending = map[string]string{"p1": "n1"}, map[string]string{"p2": "n2"}
	var r Result
	require.ErrorContains(t, (&Drill{Cluster: f.cluster(), Out: io.Discard}).node(t.Context(), &r), "the cluster's DNS has its 1 replica on too few of the cluster's 3 ready nodes")
	assert.False(t, f.gone)
}

// Where everything would go at once, nothing is taken away.
func TestNothingIsTakenAwayThatIsNeeded(t *testing.T) {
	t.Parallel()
	f := fake()
	f.zones["n2"], f.zones["n3"] = "a", "a"
	var r Result
	d := &Drill{Cluster: f.cluster(), Out: io.Discard}
	require.EqualError(t, d.zone(t.Context(), &r), "nothing was taken away: the cluster's DNS has its 2 replicas on too few of the cluster's 3 ready nodes to do without one")
	assert.False(t, f.gone)
	f.zones["n2"] = "b"
	require.NoError(t, d.zone(t.Context(), &r))
	left := 0
	for _, name := range []string{"n1", "n2", "n3"} {
		if f.zones[name] != "" {
			left++
			assert.NotContains(t, r.Observations[0], name)
		}
	}
	assert.Contains(t, []int{1, 2}, left, "all of one zone are gone, and no others")
	assert.Len(t, f.zones, 3)
}
