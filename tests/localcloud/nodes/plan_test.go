package nodes

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
)

// rehearsal is a manager whose nodes start and end when the test says so.
type rehearsal struct {
	*Manager

	started int
}

func rehearse(groups ...Group) *rehearsal {
	r := &rehearsal{Manager: &Manager{groups: map[string]*groupState{}}}
	for _, g := range groups {
		r.groups[g.key()] = &groupState{Group: g}
	}
	return r
}

// step does what is planned, and returns it as a text: nodes that start are ready, those that drain are gone, in the next step.
func (r *rehearsal) step() string {
	for i := len(r.nodes) - 1; i >= 0; i-- {
		switch n := r.nodes[i]; n.state {
		case StatePending:
			n.state = StateReady
		case StateDraining, StateTerminating:
			r.nodes = append(r.nodes[:i:i], r.nodes[i+1:]...)
		}
	}
	planned := r.plan()
	var said []string
	for _, n := range planned.end {
		said = append(said, "end "+n.name)
	}
	for _, n := range planned.leave {
		said = append(said, "drain "+n.name)
	}
	for _, key := range planned.start {
		r.started++
		n := &node{name: string(rune('a' + r.started - 1)), group: key, state: StatePending, revision: r.groups[key].revision()}
		r.nodes = append(r.nodes, n)
		said = append(said, "start "+n.name)
	}
	return strings.Join(said, ", ")
}

func (r *rehearsal) steps(t *testing.T, want ...string) {
	t.Helper()
	for i, w := range want {
		assert.Equal(t, w, r.step(), "step %d", i)
	}
}

// The nodes of another release are replaced one after the other, each when its successor is ready.
func TestNodesOfAnOldReleaseAreReplacedOneByOne(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 2, Release: "1"})
	r.steps(t, "start a, start b", "", "")
	r.groups["/g"].Release = "2"
	r.steps(t, "start c", "drain a", "start d", "drain b", "", "")
	assert.Equal(t, "c d", r.nodes[0].name+" "+r.nodes[1].name)
}

func TestASuccessorThatIsNotReadyReplacesNothing(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 1, Release: "1"})
	r.steps(t, "start a", "")
	r.groups["/g"].Release = "2"
	r.steps(t, "start b")
	r.nodes[1].state = StateNotReady
	r.steps(t, "", "")
	r.nodes[1].state = StateReady
	r.steps(t, "drain a", "")
}

// Where the draining was given up no other node is replaced, and the one that was started for it goes.
func TestAGroupThatIsStuckGoesBackToItsNumber(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 2, Release: "1"})
	r.steps(t, "start a, start b", "")
	r.groups["/g"].Release = "2"
	r.steps(t, "start c", "drain a")
	r.nodes[0].state, r.groups["/g"].stuck = StateReady, "a pod stays"
	r.steps(t, "drain c", "", "")
}

func TestAGroupThatShrinksDrainsItsNewestNode(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 3})
	r.steps(t, "start a, start b, start c", "")
	r.groups["/g"].Desired = 2
	r.steps(t, "drain c", "", "")
}

func TestANodeIsReplacedOnRequest(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 2})
	r.steps(t, "start a, start b", "")
	r.nodes[0].instance, r.poke = "i-1", make(chan struct{}, 1)
	assert.False(t, r.Replace("i-2"))
	assert.True(t, r.Replace("i-1"))
	r.steps(t, "drain a, start c", "", "")
}

func TestNodesOfARemovedGroupAreDrainedWherePodsHaveRoom(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 1}, Group{Name: "h", Desired: 1})
	r.steps(t, "start a, start b", "")
	delete(r.groups, "/g")
	r.steps(t, "drain a", "")
	delete(r.groups, "/h")
	r.steps(t, "end b", "")
}

// When the last group goes while nodes are being drained, nobody waits any more.
func TestTheLastNodesAreNotDrained(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 1}, Group{Name: "h", Desired: 1})
	r.steps(t, "start a, start b", "")
	delete(r.groups, "/g")
	r.steps(t, "drain a")
	var cause error
	r.nodes[0].cancel = func(err error) { cause = err }
	delete(r.groups, "/h")
	r.plan()
	require.ErrorIs(t, cause, errNoRoom)
}

func TestALostNodeIsReplacedAfterAMinute(t *testing.T) {
	t.Parallel()
	r := rehearse(Group{Name: "g", Desired: 1})
	r.steps(t, "start a", "")
	r.nodes[0].state, r.nodes[0].lostAt = StateLost, time.Now()
	r.steps(t, "")
	r.nodes[0].lostAt = time.Now().Add(-replaceAfter)
	r.steps(t, "end a, start b")
}

// A pod that may not be evicted keeps the node that it is on, and the group says why.
func TestANodeThatCannotBeDrainedStays(t *testing.T) {
	t.Parallel()
	g := Group{Name: "g", Desired: 1, Release: "2"}
	var ran, said []string
	n := &node{name: "a", group: "/g", state: StateDraining, limit: replaceLimit}
	m := &Manager{groups: map[string]*groupState{"/g": {Group: g}}, nodes: []*node{n}, config: Config{
		Kubectl: func(_ context.Context, _ io.Reader, args ...string) error {
			ran = append(ran, args[0])
			if args[0] == "drain" {
				return errors.New("evicting pod x\ncannot evict pod x: global timeout reached: 15m0s")
			}
			return nil
		},
		Report: func(line string) { said = append(said, line) },
	}}
	m.leave(t.Context(), n)
	assert.Equal(t, []string{"drain", "uncordon"}, ran)
	assert.Equal(t, []string{"node a keeps running and is not replaced: its pods could not be moved in 15m0s: cannot evict pod x: global timeout reached: 15m0s"}, said)
	assert.Equal(t, StateNotReady, n.state)
	assert.Equal(t, "Reached max retries while trying to evict pods from node a: cannot evict pod x: global timeout reached: 15m0s", m.Status("", "g").Stuck)
}

// Of a node's taints those of its group change, and no others.
func TestRetaint(t *testing.T) {
	t.Parallel()
	of := func(key, value string) core.Taint {
		return core.Taint{Key: key, Value: value, Effect: core.TaintEffectNoSchedule}
	}
	all := []core.Taint{of("node.kubernetes.io/unschedulable", ""), of("old", "1"), of("both", "1")}
	group := func(key, value string) Taint { return Taint{Key: key, Value: value, Effect: "NoSchedule"} }
	assert.Equal(t, []core.Taint{of("node.kubernetes.io/unschedulable", ""), of("both", "2"), of("new", "1")},
		retaint(all, []Taint{group("old", "1"), group("both", "1")}, []Taint{group("both", "2"), group("new", "1")}))
}
