package gateway

import (
	"context"
	"net"
	"net/http"
	"net/url"
)

// stop ends every session and lets nobody in until the instance is started.
func (d *rds) stop(_ context.Context, r *http.Request, in url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if !answered.ok() || d.instance == nil || in.Get("DBInstanceIdentifier") != d.instance.id {
		return answered, nil
	}
	answered.rewrite(d.complete)
	return answered, d.instance.door.Close()
}

// start lets clients in again.
func (d *rds) start(_ context.Context, r *http.Request, in url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if !answered.ok() || d.instance == nil || in.Get("DBInstanceIdentifier") != d.instance.id {
		return answered, nil
	}
	door, err := newForwarder(net.JoinHostPort(d.config.Host, d.instance.port), d.config.Postgres.Address)
	if err != nil {
		return nil, err
	}
	d.instance.door = door
	answered.rewrite(d.complete)
	return answered, nil
}

// reboot ends every session. There is no standby: a forced failover is a crash of the server, which it recovers from.
func (d *rds) reboot(ctx context.Context, r *http.Request, in url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if !answered.ok() || d.instance == nil || in.Get("DBInstanceIdentifier") != d.instance.id {
		return answered, nil
	}
	if in.Get("ForceFailover") != "true" {
		answered.rewrite(d.complete)
		return answered, d.config.Postgres.endSessions(ctx)
	}
	if element(answered, "//DBInstance/MultiAZ") != "true" {
		return nil, badRequest("InvalidParameterCombination", "instance %s has no standby to fail over to", d.instance.id)
	}
	answered.rewrite(d.complete)
	return answered, d.config.Postgres.crash(ctx)
}
