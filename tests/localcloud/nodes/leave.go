package nodes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// leaveLimit is how long a node that its group no longer wants is drained before it ends anyway
	// (https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html).
	leaveLimit = 5 * time.Minute
	// replaceLimit is how long a node that is replaced is drained before the update fails
	// (https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html).
	replaceLimit = 15 * time.Minute
)

// errNoRoom ends the draining of a node when there is no other that its pods could go to.
var errNoRoom = errors.New("no other node is left")

// leave drains a node and ends it. One that is replaced and cannot be drained stays, and its group is stuck.
func (m *Manager) leave(ctx context.Context, n *node) {
	drained, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.mu.Lock()
	n.cancel = cancel
	limit := n.limit
	m.mu.Unlock()
	err := m.config.Kubectl(drained, nil, "drain", n.name, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout="+limit.String(),
		"--skip-wait-for-delete-timeout=10") // a kubelet that is gone ends no pods
	if ctx.Err() != nil {
		return
	}
	m.mu.Lock()
	n.cancel = nil
	lost, known := n.state == StateLost, context.Cause(drained) == nil
	g := m.groups[n.group]
	stays := err != nil && known && !lost && limit == replaceLimit && g != nil
	if stays {
		n.state, g.stuck = StateNotReady, fmt.Sprintf("Reached max retries while trying to evict pods from node %s: %s", n.name, lastLine(err))
	}
	m.mu.Unlock()
	switch {
	case lost: // and is replaced as such
	case stays:
		m.config.Report(fmt.Sprintf("node %s keeps running and is not replaced: its pods could not be moved in %s: %s", n.name, limit, lastLine(err)))
		if err := m.config.Kubectl(ctx, nil, "uncordon", n.name); err != nil {
			m.config.Report(err.Error())
		}
	default:
		if err != nil && known {
			m.config.Report(fmt.Sprintf("node %s ends with pods that could not be moved in %s: %s", n.name, limit, lastLine(err)))
		}
		m.terminate(ctx, n)
	}
}

// giveUp ends the draining of the node, if it is being drained. The manager's lock is held.
func (n *node) giveUp() {
	if n.cancel != nil {
		n.cancel(errNoRoom)
	}
}

// lastLine is where kubectl says which pods it is about.
func lastLine(err error) string {
	text := err.Error()
	return text[strings.LastIndexByte(text, '\n')+1:]
}
