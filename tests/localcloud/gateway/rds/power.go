package rds

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// stop ends every session and lets nobody in until the instance is started.
func (s *Service) stop(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() || s.instance == nil || in.Get("DBInstanceIdentifier") != s.instance.id {
		return response, nil
	}
	response.RewriteXML(s.complete)
	return response, s.instance.forwarder.Close()
}

// start lets clients in again.
func (s *Service) start(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() || s.instance == nil || in.Get("DBInstanceIdentifier") != s.instance.id {
		return response, nil
	}
	forwarder, err := portforward.New(net.JoinHostPort(s.config.Host, s.instance.port), s.config.Server.Address)
	if err != nil {
		return nil, err
	}
	s.instance.forwarder = forwarder
	response.RewriteXML(s.complete)
	return response, nil
}

// reboot ends every session. There is no standby: a forced failover is a crash of the server, which it recovers from.
func (s *Service) reboot(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() || s.instance == nil || in.Get("DBInstanceIdentifier") != s.instance.id {
		return response, nil
	}
	if in.Get("ForceFailover") != "true" {
		response.RewriteXML(s.complete)
		return response, s.config.Server.endSessions(ctx)
	}
	if response.XMLText("//DBInstance/MultiAZ") != "true" {
		return nil, awsapi.BadRequest("InvalidParameterCombination", "instance %s has no standby to fail over to", s.instance.id)
	}
	response.RewriteXML(s.complete)
	return response, s.config.Server.crash(ctx)
}
