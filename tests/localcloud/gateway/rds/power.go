package rds

import (
	"context"
	"net"
	"net/url"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// stop ends every session and lets nobody in until the instance is started.
func (s *Service) stop(context.Context, url.Values, *awsapi.Response) error {
	return s.instance.forwarder.Close()
}

// start lets clients in again.
func (s *Service) start(context.Context, url.Values, *awsapi.Response) error {
	forwarder, err := portforward.New(net.JoinHostPort(s.config.Host, s.instance.port), s.config.Server.Address)
	if err != nil {
		return err
	}
	s.instance.forwarder = forwarder
	return nil
}

// reboot ends every session. There is no standby: a forced failover is a crash of the server, which it recovers from.
func (s *Service) reboot(ctx context.Context, in url.Values, response *awsapi.Response) error {
	if in.Get("ForceFailover") != "true" {
		return s.config.Server.endSessions(ctx)
	}
	if response.XMLText("//DBInstance/MultiAZ") != "true" {
		return awsapi.BadRequest("InvalidParameterCombination", "instance %s has no standby to fail over to", s.instance.id)
	}
	return s.config.Server.crash(ctx)
}
