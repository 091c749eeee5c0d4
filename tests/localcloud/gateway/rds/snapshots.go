package rds

import (
	"context"
	"net/http"
	"net/url"
	"regexp"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Snapshots are physical copies of the database server: a snapshot is one at rest, a restored instance one that serves.
// Names are those that RDS takes.
type Snapshots interface {
	Create(ctx context.Context, snapshot string) error
	Delete(snapshot string) error
	// Restore serves a copy of the snapshot on a port of 127.0.0.1.
	Restore(ctx context.Context, snapshot, instance string) (port int, err error)
	DeleteRestored(instance string) error
}

// identifier is a name that RDS takes and that is safe in a path.
var identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,254}$`)

// createSnapshot copies the server's data, for an instance that is the server.
func (s *Service) createSnapshot(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	name := in.Get("DBSnapshotIdentifier")
	if s.instance == nil || in.Get("DBInstanceIdentifier") != s.instance.id {
		return awsapi.Forward(s.emulator, r), nil
	}
	if !identifier.MatchString(name) {
		return nil, awsapi.BadRequest("InvalidParameterValue", "DBSnapshotIdentifier: got %q, expected a letter, then letters, digits and hyphens", name)
	}
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() {
		return response, nil
	}
	return response, s.config.Server.Snapshots.Create(ctx, name)
}

func (s *Service) deleteSnapshot(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() || !identifier.MatchString(in.Get("DBSnapshotIdentifier")) {
		return response, nil
	}
	return response, s.config.Server.Snapshots.Delete(in.Get("DBSnapshotIdentifier"))
}

// restore serves a copy of a snapshot, at an address and port of its own: the port that was asked for is the first
// instance's.
func (s *Service) restore(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	name := in.Get("DBInstanceIdentifier")
	if !identifier.MatchString(name) || !identifier.MatchString(in.Get("DBSnapshotIdentifier")) {
		return awsapi.Forward(s.emulator, r), nil
	}
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() {
		return response, nil
	}
	port, err := s.config.Server.Snapshots.Restore(ctx, in.Get("DBSnapshotIdentifier"), name)
	if err != nil {
		return nil, err
	}
	s.restored[name] = port
	response.RewriteXML(s.complete)
	return response, nil
}
