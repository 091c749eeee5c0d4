// Package acm completes the emulator's AWS Certificate Manager.
package acm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/route53"
)

type service struct {
	account  awsapi.Account
	emulator http.Handler

	mu     sync.Mutex
	issued map[string]bool // certificates whose proof was found once
}

// New issues a certificate when its proof stands in a hosted zone, as AWS does, and keeps one that is in use. The emulator issues all after
// a while, and lets all go.
// Source: AWS Certificate Manager User Guide, "DNS validation".
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	return &service{account: account, emulator: emulator, issued: map[string]bool{}}
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := awsapi.ReadBody(r)
	in := map[string]any{}
	if err != nil || json.Unmarshal(body, &in) != nil {
		s.emulator.ServeHTTP(w, r)
		return
	}
	switch awsapi.JSONName(r) {
	case "DescribeCertificate":
		s.describe(w, r)
	case "DeleteCertificate":
		if err := s.checkUse(r.Context(), awsapi.Text(in, "CertificateArn")); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		s.emulator.ServeHTTP(w, r)
	default:
		s.emulator.ServeHTTP(w, r)
	}
}

// describe shows what the emulator issued as pending until its proof is found.
func (s *service) describe(w http.ResponseWriter, r *http.Request) {
	response := awsapi.Forward(s.emulator, r)
	if response.OK() {
		if _, err := response.RewriteJSON(func(content map[string]any) map[string]any {
			certificate, _ := content["Certificate"].(map[string]any)
			s.correct(r.Context(), certificate)
			return nil
		}); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
	}
	response.Send(w)
}

func (s *service) correct(ctx context.Context, certificate map[string]any) {
	options, _ := certificate["DomainValidationOptions"].([]any)
	if len(options) == 0 || certificate["Status"] == "EXPIRED" { // imported; or over, whatever its proof
		return
	}
	status := "PENDING_VALIDATION"
	if s.proven(ctx, awsapi.Text(certificate, "CertificateArn"), options) {
		status = "ISSUED"
	} else {
		delete(certificate, "IssuedAt")
	}
	certificate["Status"] = status
	for _, option := range options {
		if option, ok := option.(map[string]any); ok {
			option["ValidationStatus"] = map[string]string{"ISSUED": "SUCCESS"}[status] + map[string]string{"PENDING_VALIDATION": status}[status]
		}
	}
}

// proven says whether the record of every name was found, now or before: AWS looks again only when it renews.
func (s *service) proven(ctx context.Context, arn string, options []any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.issued[arn] {
		return true
	}
	for _, option := range options {
		option, _ := option.(map[string]any)
		record, _ := option["ResourceRecord"].(map[string]any)
		if !route53.HasCNAME(ctx, s.account, s.emulator, awsapi.Text(record, "Name"), awsapi.Text(record, "Value")) {
			return false
		}
	}
	s.issued[arn] = true
	return true
}

// checkUse refuses to delete a certificate that a listener has.
// Source: AWS Certificate Manager API Reference, DeleteCertificate, ResourceInUseException.
func (s *service) checkUse(ctx context.Context, arn string) error {
	describe := func(in url.Values) (*awsapi.Response, error) {
		in.Set("Version", "2015-12-01")
		return s.account.Query(ctx, s.emulator, "elasticloadbalancing", in)
	}
	balancers, err := describe(url.Values{"Action": {"DescribeLoadBalancers"}})
	if err != nil || balancers.XML() == nil {
		return err
	}
	for _, balancer := range balancers.XML().FindElements("//LoadBalancers/member/LoadBalancerArn") {
		listeners, err := describe(url.Values{"Action": {"DescribeListeners"}, "LoadBalancerArn": {balancer.Text()}})
		if err != nil || listeners.XML() == nil {
			return err
		}
		for _, used := range listeners.XML().FindElements("//Certificates/member/CertificateArn") {
			if used.Text() == arn {
				return awsapi.BadRequest("ResourceInUseException", "Certificate %s in account %s is in use.", arn, s.account.ID)
			}
		}
	}
	return nil
}
