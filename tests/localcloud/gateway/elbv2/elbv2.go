// Package elbv2 completes the emulator's Elastic Load Balancing: it refuses what AWS refuses of network load balancers.
package elbv2

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Config says whom the service asks about what load balancers need.
type Config struct {
	Account awsapi.Account
	// Certificates is ACM, and Buckets is S3, which know more than the emulator.
	Certificates, Buckets http.Handler
	// Balancer has the listeners.
	Balancer Balancer
	Log      *slog.Logger
}

// Balancer has the listeners be open that the API has, and follows their targets.
type Balancer interface {
	Apply(listeners []balancer.Listener) error
	Health(group string) map[string]string
}

type service struct {
	Config
	emulator http.Handler
}

// New completes the emulator. What it refuses is written at each rule, with its source; of the rest the emulator says what is wrong.
func New(config Config, emulator http.Handler) http.Handler { return &service{config, emulator} }

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	check, known := map[string]func(context.Context, url.Values) error{
		"CreateLoadBalancer":           s.checkLoadBalancer,
		"SetSecurityGroups":            s.checkSecurityGroups,
		"ModifyLoadBalancerAttributes": s.checkAttributes,
		"DeleteLoadBalancer":           s.checkDeletion,
		"CreateTargetGroup":            s.checkTargetGroup,
		"ModifyTargetGroupAttributes":  s.checkTargetAttributes,
		"CreateListener":               s.checkListener,
	}[in.Get("Action")]
	if known {
		if err := check(r.Context(), in); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
	}
	action := in.Get("Action")
	if action == "DescribeTargetHealth" && s.describeHealth(w, in) {
		return
	}
	var response *awsapi.Response
	if action == "ModifyListener" {
		if response, err = s.modifyListener(r, in); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
	} else {
		response = awsapi.Forward(s.emulator, r)
	}
	if response.OK() && changesListeners[action] {
		// Even when the client has gone meanwhile. What was asked for is done: that a port could not be opened is not the client's matter.
		if err := s.openListeners(context.WithoutCancel(r.Context())); err != nil {
			s.Log.Error("open the listeners of load balancers", "error", err)
		}
	}
	response.RewriteXML(nameZone)
	response.Send(w)
}

// networkZone is the hosted zone of the names of network load balancers in us-east-1, which aliases must name. The emulator has one of
// its own. Source: AWS General Reference, "Elastic Load Balancing endpoints and quotas", 2026-11.
const networkZone = "Z26RNL4JYFTOTI"

func nameZone(document *etree.Document) {
	for _, balancer := range document.FindElements("//LoadBalancers/member[Type='network']/CanonicalHostedZoneId") {
		balancer.SetText(networkZone)
	}
}

// ask asks the emulator in the gateway's own name for what Elastic Load Balancing or EC2 knows.
func (s *service) ask(ctx context.Context, in url.Values) (*etree.Document, error) {
	in.Set("Version", "2015-12-01")
	return s.query(ctx, "elasticloadbalancing", in)
}

func (s *service) askEC2(ctx context.Context, in url.Values) (*etree.Document, error) {
	in.Set("Version", "2016-11-15")
	return s.query(ctx, "ec2", in)
}

// query returns an empty document when there is no such thing: then the emulator refuses the request itself.
func (s *service) query(ctx context.Context, service string, in url.Values) (*etree.Document, error) {
	response, err := s.Account.Query(ctx, s.emulator, service, in)
	if err != nil {
		return nil, err
	}
	if document := response.XML(); document != nil && response.OK() {
		return document, nil
	}
	return etree.NewDocument(), nil
}

// attribute is what a request sets an attribute to, or nothing.
func attribute(in url.Values, key string) string {
	for _, at := range awsapi.Numbered(in, "Attributes.member") {
		if in.Get(at+".Key") == key {
			return in.Get(at + ".Value")
		}
	}
	return ""
}

func text(element *etree.Element, path string) string {
	if found := element.FindElement(path); found != nil {
		return found.Text()
	}
	return ""
}
