package gateway

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
)

// rdsName is an identifier that RDS takes and that is safe in a path.
var rdsName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,254}$`)

// snapshot copies the server's data, for an instance that is the server.
func (d *rds) snapshot(ctx context.Context, r *http.Request, in url.Values) (*answer, error) {
	name := in.Get("DBSnapshotIdentifier")
	if d.instance == nil || in.Get("DBInstanceIdentifier") != d.instance.id {
		return relay(d.backend, r), nil
	}
	if !rdsName.MatchString(name) {
		return nil, badRequest("InvalidParameterValue", "DBSnapshotIdentifier: got %q, expected a letter, then letters, digits and hyphens", name)
	}
	answered := relay(d.backend, r)
	if !answered.ok() {
		return answered, nil
	}
	return answered, d.config.Postgres.Copies.Snapshot(ctx, name)
}

func (d *rds) removeSnapshot(_ context.Context, r *http.Request, in url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if !answered.ok() || !rdsName.MatchString(in.Get("DBSnapshotIdentifier")) {
		return answered, nil
	}
	return answered, d.config.Postgres.Copies.RemoveSnapshot(in.Get("DBSnapshotIdentifier"))
}

// restore serves a copy of a snapshot, at an address and port of its own: the port that was asked for is the first
// instance's.
func (d *rds) restore(ctx context.Context, r *http.Request, in url.Values) (*answer, error) {
	name := in.Get("DBInstanceIdentifier")
	if !rdsName.MatchString(name) || !rdsName.MatchString(in.Get("DBSnapshotIdentifier")) {
		return relay(d.backend, r), nil
	}
	answered := relay(d.backend, r)
	if !answered.ok() {
		return answered, nil
	}
	port, err := d.config.Postgres.Copies.Restore(ctx, in.Get("DBSnapshotIdentifier"), name)
	if err != nil {
		return nil, err
	}
	d.restored[name] = port
	answered.rewrite(d.complete)
	return answered, nil
}
