// Package apiaccess tells, before a deployment begins, whether this machine will reach the API of a cluster that lets in only
// some networks. The EKS component tries that API in every deployment, for five minutes if nobody answers.
package apiaccess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// AddressOfAWS responds with the address that a request comes from. It is AWS's own.
const AddressOfAWS = "https://checkip.amazonaws.com"

// lookUpLimit bounds the question which address this machine has.
const lookUpLimit = 5 * time.Second

// ErrUnknown means that this machine's public address could not be found out.
//
//page:none the message after it has a page
var ErrUnknown = errors.New("this machine's public address is unknown")

// Require refuses networks that leave this machine out. Without any the API is private: then nobody tries it from outside.
// The address is asked for at a URL such as AddressOfAWS.
func Require(ctx context.Context, networks []string, url string) error {
	if len(networks) == 0 {
		return nil
	}
	address, err := lookUp(ctx, url)
	if err != nil {
		//page:kubernetes-api-trouble
		return fmt.Errorf("%w (%s: %w): make sure that platform:settings.cluster.publicAccessCidrs (%s) lets it in; "+
			"otherwise the deployment waits five minutes for the cluster's API", ErrUnknown, url, err, strings.Join(networks, ", "))
	}
	lets := func(network string) bool {
		prefix, err := netip.ParsePrefix(network)
		return err == nil && prefix.Contains(address)
	}
	if slices.ContainsFunc(networks, lets) {
		return nil
	}
	//page:kubernetes-api-trouble
	return fmt.Errorf("platform:settings.cluster.publicAccessCidrs: got %s, expected a network with this machine's public address %s: "+
		"the deployment would wait five minutes for the cluster's API, each time, and could make nothing in the cluster. "+
		"Add %s/32, deploy from a machine in one of these networks, or leave the list empty, which makes the API private",
		strings.Join(networks, ", "), address, address)
}

// reachLimit is how long an API may take to take a connection.
const reachLimit = 10 * time.Second

// Reach refuses to begin what needs the API of an environment's cluster from where nobody answers at its endpoint, a URL.
func Reach(ctx context.Context, environment, endpoint string) error {
	address, err := url.Parse(endpoint)
	if err != nil || address.Host == "" {
		//page:failed-or-stuck-deploy
		return fmt.Errorf("environment %s has no cluster's endpoint among its outputs, but %q: deploy the environment first", environment, endpoint)
	}
	host := address.Host
	if address.Port() == "" {
		host += ":443"
	}
	connection, err := (&net.Dialer{Timeout: reachLimit}).DialContext(ctx, "tcp", host)
	if err != nil {
		//page:kubernetes-api-trouble
		return fmt.Errorf("the API of the cluster of %s does not answer at %s, and nothing was begun: %w; unless platform:settings.cluster.publicAccessCidrs "+
			"lets this machine in, the API is private: run this where it is reached (runbooks/README.md, \"Reach what is private\")", environment, endpoint, err)
	}
	return connection.Close()
}

// Allow refuses to begin what needs more of the API of an environment's cluster than the caller may. It asks for one verb on namespaces, such
// as "list" for whoever looks and "create" for whoever changes: the provider of Kubernetes only warns of an API that refuses it, and then a
// preview ends well without having compared anything.
func Allow(ctx context.Context, kubectl func(ctx context.Context, input []byte, args ...string) ([]byte, error), environment, verb string) error {
	answer, err := kubectl(ctx, nil, "auth", "can-i", verb, "namespaces")
	switch {
	case err == nil:
		return nil
	case strings.HasPrefix(string(answer), "no"):
		//page:kubernetes-api-trouble
		return fmt.Errorf("the API of the cluster of %s lets the caller in, but does not let it %s namespaces, and nothing was begun: only roles in "+
			"platform:settings.cluster.administrators and platform-deployer, where there is a runner, may change what runs there; platform-preview and "+
			"platform-drift may look once an administrator has run `platform up --env %s --workloads`. `aws sts get-caller-identity` says whom the API sees",
			environment, verb, environment)
	default:
		//page:kubernetes-api-trouble
		return fmt.Errorf("the API of the cluster of %s does not let the caller in, and nothing was begun: %w; expected a role with an access entry. "+
			"Those in platform:settings.cluster.administrators have one, and the workflows' where platform:settings.runner is set: add the role, and "+
			"deploy the environment first. `aws sts get-caller-identity` says whom the API sees", environment, err)
	}
}

func lookUp(ctx context.Context, url string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return netip.Addr{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return netip.Addr{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 100))
	if err != nil {
		return netip.Addr{}, err
	}
	return netip.ParseAddr(strings.TrimSpace(string(body)))
}
