// Package balancer stands for the machines of network load balancers: it ends TLS on this machine's loopback interface, and passes
// connections on to the targets that are healthy.
package balancer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
	"github.com/genericcorp/platform/tests/localcloud/pki"
)

// Config says whom the load balancers work with.
type Config struct {
	// Sign signs a certificate for names that is good between two times, in the place of ACM, which keeps its keys to itself.
	Sign func(from, until time.Time, hosts ...string) (pki.Pair, error)
	// Targets are those of a target group now.
	Targets func(group string) []Target
	// Dial connects to a target.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Report receives what people should know.
	Report func(line string)
}

// Target is a machine that connections are passed on to.
type Target struct{ Instance, Address string }

// Listener is a TLS listener as the AWS API has it.
type Listener struct {
	ARN         string
	Certificate Certificate
	Speaks      []string // offered by ALPN, the best first
	Group       Group
}

// Certificate is one as ACM has it.
type Certificate struct {
	ARN         string
	Name        string    // what it is for: "*.app.genericcorp.example"
	From, Until time.Time // when it is good
}

// Group is a target group as the AWS API has it.
type Group struct {
	ARN   string
	Port  int
	Check Check
}

// Balancer has the listeners of all load balancers.
type Balancer struct {
	config Config

	mu   sync.Mutex
	open map[string]*frontend // by ARN of the listener
}

// frontend is a listener that is open.
type frontend struct {
	Listener
	address   string
	forward   *portforward.Forwarder
	checks    *checks
	presented atomic.Pointer[tls.Certificate]
}

// New makes one without listeners. Close it when nobody needs it.
func New(config Config) *Balancer { return &Balancer{config: config, open: map[string]*frontend{}} }

// Apply has exactly these listeners be open. One of which no more has changed than its certificate keeps its port and its connections.
func (b *Balancer) Apply(wanted []Listener) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for arn, f := range b.open {
		stays := slices.ContainsFunc(wanted, func(l Listener) bool {
			return l.ARN == arn && l.Group == f.Group && slices.Equal(l.Speaks, f.Speaks)
		})
		if !stays {
			f.close()
			delete(b.open, arn)
		}
	}
	var errs []error
	for _, l := range wanted {
		f := b.open[l.ARN]
		if f != nil && f.Certificate == l.Certificate {
			continue
		}
		var err error
		if f == nil {
			f, err = b.serve(l)
		} else {
			err = b.exchange(f, l.Certificate)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("listener %s: %w", l.ARN, err))
			continue
		}
		b.open[l.ARN] = f
		b.config.Report(fmt.Sprintf("https://%s is at %s", l.Certificate.Name, f.address))
	}
	return errors.Join(errs...)
}

// exchange has a listener present another certificate from the next handshake on, whether it is good or not: that is for clients to judge.
// Source: Elastic Load Balancing, "Update a TLS listener for your Network Load Balancer", "Replace the default certificate", 2026-11.
func (b *Balancer) exchange(f *frontend, next Certificate) error {
	pair, err := b.config.Sign(next.From, next.Until, next.Name)
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return err
	}
	f.presented.Store(&certificate)
	f.Certificate = next
	return nil
}

// ports are where a listener is: the first of them that is free. AWS's own needs root, and may be somebody's web server.
var ports = []int{localcloud.PublicPort, 0}

func (b *Balancer) serve(l Listener) (*frontend, error) {
	f := &frontend{Listener: l}
	if err := b.exchange(f, l.Certificate); err != nil {
		return nil, err
	}
	var listener net.Listener
	var err error
	for _, port := range ports {
		if listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	f.address, f.checks = listener.Addr().String(), b.check(l.Group)
	present := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.presented.Load(), nil }
	ended := tls.NewListener(listener, &tls.Config{GetCertificate: present, NextProtos: l.Speaks, MinVersion: tls.VersionTLS12})
	f.forward = portforward.Serve(ended, f.checks.dial)
	return f, nil
}

func (f *frontend) close() {
	_ = f.forward.Close() // nobody needs it any more
	f.checks.stop()
}

// Health says how the targets of a group are, by instance: "initial", "healthy" or "unhealthy". It knows groups that a listener leads to.
func (b *Balancer) Health(group string) map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.open {
		if f.Group.ARN == group {
			return f.checks.states()
		}
	}
	return nil
}

// Listeners are those that are open, and where.
func (b *Balancer) Listeners() []localcloud.Listener {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []localcloud.Listener{}
	for _, f := range b.open {
		list = append(list, localcloud.Listener{Name: f.Certificate.Name, Address: f.address})
	}
	slices.SortFunc(list, func(a, b localcloud.Listener) int { return strings.Compare(a.Name+a.Address, b.Name+b.Address) })
	return list
}

// Close closes all listeners.
func (b *Balancer) Close() { _ = b.Apply(nil) } // nothing is opened
