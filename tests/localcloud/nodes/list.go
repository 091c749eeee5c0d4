package nodes

import (
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
)

// List shows every node, in the order of their start.
func (m *Manager) List() []localcloud.Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []localcloud.Node{}
	for _, n := range m.nodes {
		_, group, _ := strings.Cut(n.group, "/")
		list = append(list, localcloud.Node{
			Name: n.name, Instance: n.instance, Group: group, Zone: n.subnet.Zone, InstanceType: n.typeName, Address: n.block.node().String(),
			Release: n.release, State: n.state, PID: n.pid, StartedAt: n.started.UTC().Truncate(time.Second),
		})
	}
	return list
}
