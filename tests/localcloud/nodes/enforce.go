package nodes

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
	"github.com/genericcorp/platform/tests/localcloud/nodes/policy"
)

// enforce puts the network policies there are now in force on every node.
func (m *Manager) enforce(now policy.Cluster) {
	m.mu.Lock()
	m.cluster = now
	running := slices.DeleteFunc(slices.Clone(m.nodes), func(n *node) bool {
		return n.pid == 0 || n.state == StateLost || n.state == StateTerminating
	})
	m.mu.Unlock()
	for _, n := range running {
		if err := m.enforceOn(n, n.pid, now.Rules(n.name)); err != nil {
			m.mu.Lock()
			gone := n.state == StateLost || n.state == StateTerminating
			m.mu.Unlock()
			if !gone {
				m.config.Report(fmt.Sprintf("the network policies of node %s: %v", n.name, err))
			}
		}
	}
}

// enforceOn loads rules into the node's namespace, unless they are there.
func (m *Manager) enforceOn(n *node, pid int, rules string) error {
	m.mu.Lock()
	same := n.rules == rules
	m.mu.Unlock()
	if same {
		return nil
	}
	namespace, err := fabric.NamespaceOf(pid)
	if err != nil {
		return err
	}
	defer namespace.Close()
	err = namespace.Do(func() error {
		nft := exec.Command(m.config.Tools["nft"], "-f", "-") //nolint:gosec // the machine's own
		nft.Stdin = strings.NewReader(rules)
		if out, err := nft.CombinedOutput(); err != nil {
			return fmt.Errorf("load rules for packets: %w: %s", err, strings.TrimSpace(string(out)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n.rules = rules
	return nil
}
