package nodes

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	admission "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
)

// serveIdentity answers, on the node of a process, its pods' questions for credentials, until the node ends.
func (m *Manager) serveIdentity(pid int) error {
	namespace, err := fabric.NamespaceOf(pid)
	if err != nil {
		return err
	}
	defer namespace.Close()
	listener, err := namespace.Listen(net.JoinHostPort(identity.String(), "80"))
	if err != nil {
		return err
	}
	m.serveOn(listener, m.config.Identity)
	return nil
}

// serveWebhook completes new pods that have an identity. It is on the machine's loopback interface, where the API server is; that goes
// on without it when it does not respond.
func (m *Manager) serveWebhook(ctx context.Context) error {
	pair, err := m.config.Authority.Server("127.0.0.1")
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m.serveOn(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}), m.config.Webhook)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	url, ignore, none := "https://"+listener.Addr().String()+"/", admission.Ignore, admission.SideEffectClassNone
	scope := admission.NamespacedScope
	_, err = m.config.Kubernetes.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(ctx, &admission.MutatingWebhookConfiguration{
		ObjectMeta: meta.ObjectMeta{Name: "pod-identity-webhook"},
		Webhooks: []admission.MutatingWebhook{{
			Name: "pod-identity-webhook.eks.amazonaws.com", ClientConfig: admission.WebhookClientConfig{URL: &url, CABundle: m.config.Authority.PEM},
			Rules: []admission.RuleWithOperations{{
				Operations: []admission.OperationType{admission.Create},
				Rule:       admission.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}, Scope: &scope},
			}},
			FailurePolicy: &ignore, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
		}},
	}, meta.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
