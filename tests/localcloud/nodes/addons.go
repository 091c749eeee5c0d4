package nodes

import (
	"bytes"
	"context"
	"fmt"
)

// addons are those of EKS that run in the cluster here. The others are part of every node: its network, and kube-proxy.
var addons = map[string]string{"coredns": "coredns.yaml"}

// Addon makes or removes what an add-on runs in the cluster; one that runs nothing there is none of its business. It returns at
// once: pods come when there are nodes.
func (m *Manager) Addon(name string, installed bool) {
	file, known := addons[name]
	if !known {
		return
	}
	m.ended.Go(func() {
		if err := m.changeAddon(file, installed); err != nil {
			m.config.Report(fmt.Sprintf("the add-on %s: %v", name, err))
		}
	})
}

func (m *Manager) changeAddon(file string, installed bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	var manifest bytes.Buffer
	if err := templates.ExecuteTemplate(&manifest, file, map[string]string{"Image": imageReference("coredns"), "DNS": clusterDNS}); err != nil {
		return err
	}
	if installed {
		return m.config.Kubectl(ctx, &manifest, "apply", "--server-side", "--force-conflicts", "-f", "-")
	}
	return m.config.Kubectl(ctx, &manifest, "delete", "--ignore-not-found", "--wait=false", "-f", "-")
}
