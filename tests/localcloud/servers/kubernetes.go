package servers

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// KubernetesVersion is the version of the API server that tests/tools/kubernetes pins.
const KubernetesVersion = "v1.35.3"

// Kubernetes is the files of one control plane. Without nodes it has no scheduler and few controllers: it accepts, defaults,
// validates and admits objects, ends namespaces and counts quotas.
type Kubernetes struct {
	dir       string
	authority *pki.Authority
	port      int
	nodes     bool
	// Kubeconfig is the administrator's.
	Kubeconfig string
}

// Etcd plans the control plane's store. Ports are for clients and for peers.
func Etcd(program, dir string, ports []int) supervise.Spec {
	client, peer := "http://"+loopback(ports[0]), "http://"+loopback(ports[1])
	return supervise.Spec{
		Name: "etcd",
		Command: []string{
			program, "--name=local", "--data-dir=" + dir,
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=local=" + peer,
			"--unsafe-no-fsync", "--log-level=warn", // the data is not kept beyond one run
		},
		Address: loopback(ports[0]),
		Ready:   supervise.RespondsOK(http.DefaultClient, client+"/health"),
	}
}

// authentication lets nobody in without credentials except to ask whether the server is healthy.
const authentication = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions: [{path: /livez}, {path: /readyz}, {path: /healthz}]
`

var kubeconfig = template.Must(template.New("kubeconfig").Parse(`apiVersion: v1
kind: Config
clusters: [{name: local, cluster: {server: "{{.Server}}", tls-server-name: ` + serverName + `, certificate-authority-data: {{.CA}}}}]
users: [{name: admin, user: {client-certificate-data: {{.Certificate}}, client-key-data: {{.Key}}}}]
contexts: [{name: local, context: {cluster: local, user: admin}}]
current-context: local
`))

const (
	// serverName is a name that the API server's certificate has, whatever address it is reached at.
	serverName = "kubernetes.default.svc"
	// serviceRange is that of EKS for a VPC in 10.0.0.0/8, and serviceAddress what pods reach the API server at.
	serviceRange   = "172.20.0.0/16"
	serviceAddress = "172.20.0.1"
)

// egress leads the API server to nodes, pods and services through a socket of the supervisor.
const egress = `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection: {proxyProtocol: HTTPConnect, transport: {uds: {udsName: "%s"}}}
`

// tokenReview is a kubeconfig that leads to who knows whose a token is.
//
//nolint:gosec // no credentials: the gateway asks for none
const tokenReview = `apiVersion: v1
kind: Config
clusters: [{name: aws, cluster: {server: "%s"}}]
users: [{name: apiserver, user: {}}]
contexts: [{name: aws, context: {cluster: aws, user: apiserver}}]
current-context: aws
`

// NewKubernetes writes the control plane's files into dir. At the address reviewer the API server asks whose a token is; the
// socket leads to nodes, and is empty where there are none.
func NewKubernetes(dir string, authority *pki.Authority, reviewer, socket string) (*Kubernetes, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	k := &Kubernetes{dir: dir, authority: authority, Kubeconfig: filepath.Join(dir, "admin.kubeconfig"), nodes: socket != ""}
	if err := k.writeCertificates(); err != nil {
		return nil, err
	}
	private, public, err := pki.SigningKey()
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{
		"ca.crt": authority.PEM, "service-accounts.key": private, "service-accounts.pub": public,
		"authentication.yaml": []byte(authentication), "tokens.kubeconfig": fmt.Appendf(nil, tokenReview, reviewer),
		"egress.yaml": fmt.Appendf(nil, egress, socket),
	} {
		if err := os.WriteFile(k.file(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// writeCertificates writes that of the API server, and those that it shows to kubelets and to servers of other APIs.
func (k *Kubernetes) writeCertificates() error {
	server, err := k.authority.Server("127.0.0.1", "localhost", serverName, "kubernetes", "kubernetes.default", serviceAddress)
	if err != nil {
		return err
	}
	kubelets, err := k.authority.Client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return err
	}
	proxy, err := k.authority.Client(FrontProxy)
	if err != nil {
		return err
	}
	for name, pair := range map[string]pki.Pair{"apiserver": server, "kubelets": kubelets, "front-proxy": proxy} {
		if _, _, err := pair.Write(k.dir, name); err != nil {
			return err
		}
	}
	return nil
}

// FrontProxy is the name by which the API server hands requests on to servers of other APIs.
const FrontProxy = "front-proxy"

// toNodes are the API server's settings for a cluster with nodes.
func (k *Kubernetes) toNodes() []string {
	if !k.nodes {
		return nil
	}
	return []string{
		"--egress-selector-config-file=" + k.file("egress.yaml"),
		"--kubelet-client-certificate=" + k.file("kubelets.crt"), "--kubelet-client-key=" + k.file("kubelets.key"),
		"--kubelet-certificate-authority=" + k.file("ca.crt"), "--kubelet-preferred-address-types=InternalIP",
		"--requestheader-client-ca-file=" + k.file("ca.crt"), "--requestheader-allowed-names=" + FrontProxy,
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + k.file("front-proxy.crt"), "--proxy-client-key-file=" + k.file("front-proxy.key"),
		"--enable-aggregator-routing=true",
		// Pods leave a lost node after seconds, not after the five minutes of EKS, which nobody would wait for.
		"--default-not-ready-toleration-seconds=5", "--default-unreachable-toleration-seconds=5",
	}
}

// APIServer plans the API server on the port and writes the administrator's kubeconfig for it.
func (k *Kubernetes) APIServer(program, etcd string, port int) (supervise.Spec, error) {
	k.port = port
	if err := k.writeKubeconfig(); err != nil {
		return supervise.Spec{}, err
	}
	return supervise.Spec{
		Name: "kube-apiserver",
		Command: append([]string{
			program,
			"--etcd-servers=http://" + etcd,
			"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--endpoint-reconciler-type=none", // a loopback address is not a valid endpoint; for nodes there is another
			"--service-cluster-ip-range=" + serviceRange,
			"--tls-cert-file=" + k.file("apiserver.crt"), "--tls-private-key-file=" + k.file("apiserver.key"),
			"--client-ca-file=" + k.file("ca.crt"),
			"--authentication-config=" + k.file("authentication.yaml"),
			"--authentication-token-webhook-config-file=" + k.file("tokens.kubeconfig"),
			"--authentication-token-webhook-version=v1",
			"--authentication-token-webhook-cache-ttl=1s", // who is no longer let in is out at once
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-signing-key-file=" + k.file("service-accounts.key"),
			"--service-account-key-file=" + k.file("service-accounts.pub"),
			"--allow-privileged=true", // as on EKS; Pod Security admission checks pods
			"--profiling=false",
		}, k.toNodes()...),
		Address: loopback(port),
		Ready:   supervise.RespondsOK(k.client(), "https://"+loopback(port)+"/readyz"),
	}, nil
}

// withoutNodes are the controllers that objects depend on without any node.
const withoutNodes = "namespace-controller,serviceaccount-controller,resourcequota-controller,garbage-collector-controller," +
	"root-ca-certificate-publisher-controller,clusterrole-aggregation-controller,persistentvolumeclaim-protection-controller"

// controllers are those that the cluster has, and how soon they notice what they wait for: seconds where EKS takes minutes.
func (k *Kubernetes) controllers() []string {
	if !k.nodes {
		return []string{"--controllers=" + withoutNodes}
	}
	return []string{
		"--controllers=*", "--node-monitor-period=4s", "--node-monitor-grace-period=20s",
		"--horizontal-pod-autoscaler-sync-period=10s", "--horizontal-pod-autoscaler-initial-readiness-delay=5s",
		"--horizontal-pod-autoscaler-cpu-initialization-period=10s", "--horizontal-pod-autoscaler-downscale-stabilization=30s",
	}
}

// ControllerManager plans the controllers.
func (k *Kubernetes) ControllerManager(program string, port int) supervise.Spec {
	return supervise.Spec{
		Name: "kube-controller-manager",
		Command: append([]string{
			program, "--kubeconfig=" + k.Kubeconfig,
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + k.file("apiserver.crt"), "--tls-private-key-file=" + k.file("apiserver.key"),
			"--leader-elect=false", "--use-service-account-credentials=false",
			"--root-ca-file=" + k.file("ca.crt"),
		}, k.controllers()...),
		Address: loopback(port),
		Ready:   supervise.RespondsOK(k.client(), "https://"+loopback(port)+"/healthz"),
	}
}

// Scheduler plans what finds a node for each pod. The program is that of nodes.
func (k *Kubernetes) Scheduler(program string, port int) (supervise.Spec, error) {
	path := k.file("scheduler.kubeconfig")
	text, err := k.KubeconfigOf(k.Endpoint(), "system:kube-scheduler")
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	return supervise.Spec{
		Name: "kube-scheduler",
		Command: []string{
			program, "kube-scheduler", "--kubeconfig=" + path, "--authentication-kubeconfig=" + path, "--authorization-kubeconfig=" + path,
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + k.file("apiserver.crt"), "--tls-private-key-file=" + k.file("apiserver.key"), "--leader-elect=false",
		},
		Address: loopback(port),
		Ready:   supervise.RespondsOK(k.client(), "https://"+loopback(port)+"/healthz"),
	}, err
}

// Address is the API server's host and port.
func (k *Kubernetes) Address() string { return loopback(k.port) }

// Endpoint is the API server's address as EKS would show it.
func (k *Kubernetes) Endpoint() string { return "https://" + loopback(k.port) }

// CertificateAuthority is the API server's authority as EKS would show it: PEM in base64.
func (k *Kubernetes) CertificateAuthority() string {
	return base64.StdEncoding.EncodeToString(k.authority.PEM)
}

func (k *Kubernetes) writeKubeconfig() error {
	text, err := k.KubeconfigOf(k.Endpoint(), "local-admin", "system:masters")
	if err != nil {
		return err
	}
	return os.WriteFile(k.Kubeconfig, text, 0o600)
}

// KubeconfigOf is that of a user in groups, for the API server at an address.
func (k *Kubernetes) KubeconfigOf(server, user string, groups ...string) ([]byte, error) {
	pair, err := k.authority.Client(user, groups...)
	if err != nil {
		return nil, err
	}
	encode := base64.StdEncoding.EncodeToString
	var out bytes.Buffer
	err = kubeconfig.Execute(&out, map[string]string{
		"Server": server, "CA": k.CertificateAuthority(), "Certificate": encode(pair.Certificate), "Key": encode(pair.Key),
	})
	if err != nil {
		return nil, fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return out.Bytes(), nil
}

// client asks for health without credentials.
func (k *Kubernetes) client() *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(k.authority.PEM)
	return &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
			DisableKeepAlives: true,
		},
	}
}

func (k *Kubernetes) file(name string) string { return filepath.Join(k.dir, name) }
