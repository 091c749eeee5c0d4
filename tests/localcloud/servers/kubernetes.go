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

// Kubernetes is the files of one control plane. It has no scheduler and no nodes: it accepts, defaults, validates and
// admits objects, ends namespaces and counts quotas.
type Kubernetes struct {
	dir       string
	authority *pki.Authority
	port      int
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
		Ready:   respondsOK(http.DefaultClient, client+"/health"),
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
clusters: [{name: local, cluster: {server: "{{.Server}}", certificate-authority-data: {{.CA}}}}]
users: [{name: admin, user: {client-certificate-data: {{.Certificate}}, client-key-data: {{.Key}}}}]
contexts: [{name: local, context: {cluster: local, user: admin}}]
current-context: local
`))

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

// NewKubernetes writes the control plane's files into dir. At the address reviewer the API server asks whose a token is.
func NewKubernetes(dir string, authority *pki.Authority, reviewer string) (*Kubernetes, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	k := &Kubernetes{dir: dir, authority: authority, Kubeconfig: filepath.Join(dir, "admin.kubeconfig")}
	server, err := authority.Server("127.0.0.1", "localhost", "kubernetes.default.svc")
	if err != nil {
		return nil, err
	}
	if _, _, err := server.Write(dir, "apiserver"); err != nil {
		return nil, err
	}
	private, public, err := pki.SigningKey()
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{
		"ca.crt": authority.PEM, "service-accounts.key": private, "service-accounts.pub": public,
		"authentication.yaml": []byte(authentication), "tokens.kubeconfig": fmt.Appendf(nil, tokenReview, reviewer),
	} {
		if err := os.WriteFile(k.file(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// APIServer plans the API server on the port and writes the administrator's kubeconfig for it.
func (k *Kubernetes) APIServer(program, etcd string, port int) (supervise.Spec, error) {
	k.port = port
	if err := k.writeKubeconfig(); err != nil {
		return supervise.Spec{}, err
	}
	return supervise.Spec{
		Name: "kube-apiserver",
		Command: []string{
			program,
			"--etcd-servers=http://" + etcd,
			"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--endpoint-reconciler-type=none", // a loopback address is not a valid endpoint
			"--service-cluster-ip-range=172.20.0.0/16",
			"--tls-cert-file=" + k.file("apiserver.crt"), "--tls-private-key-file=" + k.file("apiserver.key"),
			"--client-ca-file=" + k.file("ca.crt"),
			"--authentication-config=" + k.file("authentication.yaml"),
			"--authentication-token-webhook-config-file=" + k.file("tokens.kubeconfig"),
			"--authentication-token-webhook-version=v1",
			"--authentication-token-webhook-cache-ttl=1s", // who is no longer let in is out at once
			"--authorization-mode=RBAC",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-signing-key-file=" + k.file("service-accounts.key"),
			"--service-account-key-file=" + k.file("service-accounts.pub"),
			"--allow-privileged=true", // as on EKS; Pod Security admission checks pods
			"--profiling=false",
		},
		Address: loopback(port),
		Ready:   respondsOK(k.client(), "https://"+loopback(port)+"/readyz"),
	}, nil
}

// ControllerManager plans the controllers that objects depend on without any node.
func (k *Kubernetes) ControllerManager(program string, port int) supervise.Spec {
	return supervise.Spec{
		Name: "kube-controller-manager",
		Command: []string{
			program, "--kubeconfig=" + k.Kubeconfig,
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + k.file("apiserver.crt"), "--tls-private-key-file=" + k.file("apiserver.key"),
			"--leader-elect=false", "--use-service-account-credentials=false",
			"--controllers=namespace-controller,serviceaccount-controller,resourcequota-controller,garbage-collector-controller," +
				"root-ca-certificate-publisher-controller,clusterrole-aggregation-controller,persistentvolumeclaim-protection-controller",
			"--root-ca-file=" + k.file("ca.crt"),
		},
		Address: loopback(port),
		Ready:   respondsOK(k.client(), "https://"+loopback(port)+"/healthz"),
	}
}

// Endpoint is the API server's address as EKS would show it.
func (k *Kubernetes) Endpoint() string { return "https://" + loopback(k.port) }

// CertificateAuthority is the API server's authority as EKS would show it: PEM in base64.
func (k *Kubernetes) CertificateAuthority() string {
	return base64.StdEncoding.EncodeToString(k.authority.PEM)
}

func (k *Kubernetes) writeKubeconfig() error {
	admin, err := k.authority.Client("local-admin", "system:masters")
	if err != nil {
		return err
	}
	encode := base64.StdEncoding.EncodeToString
	var out bytes.Buffer
	err = kubeconfig.Execute(&out, map[string]string{
		"Server": k.Endpoint(), "CA": k.CertificateAuthority(), "Certificate": encode(admin.Certificate), "Key": encode(admin.Key),
	})
	if err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return os.WriteFile(k.Kubeconfig, out.Bytes(), 0o600)
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
