package nodes

import (
	"maps"
	"slices"
	"time"
)

// change is what is to be done about nodes.
type change struct {
	end   []*node  // at once
	leave []*node  // once their pods are elsewhere; they are draining already
	start []string // keys of groups, once for each node
}

// plan compares the nodes with what their groups desire, and notes of each node what becomes of it.
func (m *Manager) plan() change {
	m.mu.Lock()
	defer m.mu.Unlock()
	var c change
	members := map[string][]*node{}
	stays := false // whether pods can go to any node
	for _, n := range m.nodes {
		switch {
		case n.state == StateLost && (m.groups[n.group] == nil || time.Since(n.lostAt) >= replaceAfter):
			n.state = StateTerminating
			c.end = append(c.end, n)
		case n.state != StateTerminating:
			members[n.group] = append(members[n.group], n)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if m.groups[key] != nil {
			continue
		}
		c.leave = append(c.leave, draining(running(members[key]), leaveLimit)...)
	}
	for _, key := range slices.Sorted(maps.Keys(m.groups)) {
		g := m.groups[key]
		unwanted := slices.DeleteFunc(running(members[key]), func(n *node) bool { return !n.unwanted })
		c.leave = append(c.leave, draining(unwanted, leaveLimit)...)
		c.leave = append(c.leave, g.shrink(members[key])...)
		if time.Now().Before(g.retryAt) {
			continue
		}
		for range g.missing(members[key]) {
			c.start = append(c.start, key)
		}
		stays = stays || g.Desired > 0
	}
	if !stays {
		// Nowhere is room for the pods: nobody waits for what cannot happen.
		c.end, c.leave = append(c.end, c.leave...), nil
		for _, n := range c.end {
			n.state = StateTerminating
		}
		for _, n := range m.nodes {
			n.giveUp()
		}
	}
	return c
}

// serving are those of a group's nodes that are not on their way out. A lost one counts until it is replaced.
func serving(members []*node) []*node {
	return slices.DeleteFunc(slices.Clone(members), func(n *node) bool { return n.state == StateDraining })
}

func (g *groupState) outdated(members []*node) []*node {
	return slices.DeleteFunc(slices.Clone(members), func(n *node) bool { return n.revision == g.revision() })
}

// surge is how many nodes more than it desires a group has for a while: one, as long as nodes are replaced.
func (g *groupState) surge(members []*node) int {
	if g.Desired == 0 || g.stuck != "" || len(g.outdated(members)) == 0 {
		return 0
	}
	return 1
}

// missing is how many nodes must start. For the next that is replaced one starts when the one before it is gone.
func (g *groupState) missing(members []*node) int {
	now := serving(members)
	want := g.Desired
	if len(now) == len(members) {
		want += g.surge(now)
	}
	return max(0, want-len(now))
}

// shrink are the nodes that leave next: what is too many, the newest first and those before that are to be replaced; or one that
// is to be replaced and whose successor is ready.
func (g *groupState) shrink(members []*node) []*node {
	now := serving(members)
	outdated, surge := g.outdated(now), g.surge(now)
	if excess := len(now) - g.Desired - surge; excess > 0 {
		order := slices.Clone(now)
		slices.Reverse(order)
		slices.SortStableFunc(order, func(a, b *node) int { return g.rank(a) - g.rank(b) })
		order = running(order)
		return draining(order[:min(excess, len(order))], leaveLimit)
	}
	if surge == 0 || len(now) < len(members) || len(now) <= g.Desired {
		return nil
	}
	for _, n := range now {
		if n.revision == g.revision() && n.state != StateReady {
			return nil
		}
	}
	outdated = running(outdated)
	return draining(outdated[:min(1, len(outdated))], replaceLimit)
}

// rank orders nodes of which some must go.
func (g *groupState) rank(n *node) int {
	if g.stuck == "" && n.revision != g.revision() {
		return 0
	}
	return 1
}

// running are those that can be drained. One that is still starting ends its start first.
func running(list []*node) []*node {
	return slices.DeleteFunc(slices.Clone(list), func(n *node) bool { return n.state != StateReady && n.state != StateNotReady })
}

func draining(list []*node, limit time.Duration) []*node {
	for _, n := range list {
		n.state, n.limit = StateDraining, limit
	}
	return list
}
