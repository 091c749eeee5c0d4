package nodes

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
)

// addons are those of EKS that run in the cluster here. The others are part of every node: its network, and kube-proxy.
var addons = map[string]string{"coredns": "coredns.yaml", "metrics-server": "metrics-server.yaml"}

// Addon makes or removes what an add-on runs in the cluster; one that runs nothing there is none of its business. It returns at
// once: an add-on comes with the first node, and its pods when there is room.
func (m *Manager) Addon(name string, installed bool) {
	if _, known := addons[name]; !known {
		return
	}
	m.mu.Lock()
	m.addons[name] = installed
	begun := m.begun
	m.mu.Unlock()
	if begun {
		m.goChangeAddon(name, installed)
	}
}

// beginAddons makes what was asked for before there were nodes.
func (m *Manager) beginAddons() {
	m.mu.Lock()
	asked := maps.Clone(m.addons)
	m.mu.Unlock()
	for name, installed := range asked {
		if installed {
			m.goChangeAddon(name, true)
		}
	}
}

func (m *Manager) goChangeAddon(name string, installed bool) {
	m.ended.Go(func() {
		if err := m.changeAddon(addons[name], installed); err != nil {
			m.config.Report(fmt.Sprintf("the add-on %s: %v", name, err))
		}
	})
}

func (m *Manager) changeAddon(file string, installed bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	m.mu.Lock()
	first := m.first
	m.mu.Unlock()
	var manifest bytes.Buffer
	if err := templates.ExecuteTemplate(&manifest, file, map[string]string{
		"Image": imageReference("coredns"), "DNS": clusterDNS,
		"Metrics": nth(first, metricsHost).String(), "CA": base64.StdEncoding.EncodeToString(m.config.Authority.PEM),
	}); err != nil {
		return err
	}
	if installed {
		return m.config.Kubectl(ctx, &manifest, "apply", "--server-side", "--force-conflicts", "-f", "-")
	}
	return m.config.Kubectl(ctx, &manifest, "delete", "--ignore-not-found", "--wait=false", "-f", "-")
}
