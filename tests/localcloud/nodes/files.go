package nodes

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"text/template"
)

const killSignal = syscall.SIGKILL

//go:embed files
var texts embed.FS

var templates = template.Must(template.ParseFS(texts, "files/*"))

// protocols has those of services by name. Without it nft prints their numbers, so that a kube-proxy that reads its own rules, as it does
// at every start and every hour, takes them for others and removes them.
// https://www.iana.org/assignments/protocol-numbers
const protocols = `icmp 1 ICMP
tcp 6 TCP
udp 17 UDP
ipv6-icmp 58 IPv6-ICMP
sctp 132 SCTP
`

// writeFiles writes a node's /etc and makes its /var.
func (m *Manager) writeFiles(n *node) error {
	registryDir := "etc/containerd/certs.d/" + m.config.RegistryHost
	for _, dir := range []string{registryDir, "root", "var/lib/kubelet", "var/lib/containerd", "var/lib/node", "var/log", "var/tmp", "etc/cni/net.d", "etc/kubernetes", "etc/ssl"} {
		if err := os.MkdirAll(filepath.Join(n.dir, dir), 0o755); err != nil { //nolint:gosec // as on every machine
			return err
		}
	}
	if err := os.Symlink("/run", filepath.Join(n.dir, "var/run")); err != nil && !os.IsExist(err) {
		return err
	}
	serving, err := m.config.Authority.Server(n.block.node().String(), n.name)
	if err != nil {
		return err
	}
	// https://kubernetes.io/docs/reference/access-authn-authz/node/
	kubelet, err := m.config.Kubeconfig(n.apiServer, "system:node:"+n.name, "system:nodes")
	if err != nil {
		return err
	}
	proxy, err := m.config.Kubeconfig(n.apiServer, "system:kube-proxy")
	if err != nil {
		return err
	}
	machineID := sha256.Sum256([]byte(m.config.Cloud + n.instance))
	files := map[string][]byte{
		"etc/hostname":                         []byte(n.name + "\n"),
		"etc/hosts":                            fmt.Appendf(nil, "127.0.0.1 localhost\n%s %s\n", n.block.node(), n.name),
		"etc/resolv.conf":                      nil, // a node asks nobody outside
		"etc/nsswitch.conf":                    []byte("passwd: files\ngroup: files\nhosts: files dns\n"),
		"etc/passwd":                           []byte("root:x:0:0:root:/root:/bin/sh\n"),
		"etc/group":                            []byte("root:x:0:\n"),
		"etc/protocols":                        []byte(protocols),
		"etc/machine-id":                       []byte(hex.EncodeToString(machineID[:16]) + "\n"),
		"etc/kubernetes/ca.crt":                m.config.Authority.PEM,
		"etc/kubernetes/kubelet.crt":           serving.Certificate,
		"etc/kubernetes/kubelet.key":           serving.Key,
		"etc/kubernetes/kubelet.kubeconfig":    kubelet,
		"etc/kubernetes/kube-proxy.kubeconfig": proxy,
	}
	values := map[string]any{
		"Name": n.name, "Address": n.block.node(), "Pods": n.block.prefix, "Gateway": n.block.gateway(), "FirstPod": n.block.firstPod(),
		"DNS": n.clusterDNS, "MaxPods": n.size.pods, "ReservedCPU": n.reserved, "Taints": n.taints, "Pause": imageReference("pause"),
		"Endpoints": "http://" + routerAddress + ":" + rulesPort + "/", "Registry": nth(m.first, registryHost), "RegistryHost": m.config.RegistryHost,
		"ProviderID": "aws:///" + n.subnet.Zone + "/" + n.instance,
	}
	for name, target := range map[string]string{
		"containerd.toml": "etc/containerd.toml", "pods.conflist": "etc/cni/net.d/10-pods.conflist",
		"kubelet.yaml": "etc/kubernetes/kubelet.yaml", "kube-proxy.yaml": "etc/kubernetes/kube-proxy.yaml",
		"hosts.toml": filepath.Join(registryDir, "hosts.toml"),
	} {
		var out bytes.Buffer
		if err := templates.ExecuteTemplate(&out, name, values); err != nil {
			return err
		}
		files[target] = out.Bytes()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(n.dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
