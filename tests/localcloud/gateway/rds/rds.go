// Package rds completes the emulator's Amazon RDS with a real database server.
package rds

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// Config says where the service is and what its instances are.
type Config struct {
	Account        awsapi.Account
	Host           string // the loopback address at which the instance is offered, at the port that it was asked for
	SecretsManager string // the URL of the service that holds managed passwords
	Server         Server
}

// Service makes the emulator's database instance a real one: its master user and its database exist on the local cloud's
// PostgreSQL server, which is reached at the instance's own address and port. There is one server, so at most one
// PostgreSQL instance at a time can be created; those restored from a snapshot are servers of their own. The server has
// its own version, whatever version the instance was asked to be.
type Service struct {
	config   Config
	emulator http.Handler

	mu       sync.Mutex
	instance *instance
	restored map[string]int // the port of each restored instance on 127.0.0.1
	groups   map[string]*parameterGroup
}

// instance is what the emulator does not keep of an instance.
type instance struct {
	id        string
	port      string
	forwarder *portforward.Forwarder
	fields    map[string]string // as DescribeDBInstances names them
}

// operationLimit bounds what an operation asks of the database server.
const operationLimit = 20 * time.Second

// New completes the emulator. Close it when it no longer serves.
func New(config Config, emulator http.Handler) *Service {
	return &Service{config: config, emulator: emulator, restored: map[string]int{}, groups: map[string]*parameterGroup{}}
}

// Close ends the address of the instance.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.instance == nil {
		return nil
	}
	return s.instance.forwarder.Close()
}

// operation serves one request. The lock is held.
type operation func(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error)

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	operation, known := map[string]operation{
		"CreateDBInstance":    s.create,
		"DescribeDBInstances": s.describe,
		"ModifyDBInstance":    s.ofInstance(s.modify),
		"StopDBInstance":      s.ofInstance(s.stop),
		"StartDBInstance":     s.ofInstance(s.start),
		"RebootDBInstance":    s.ofInstance(s.reboot),
		"DeleteDBInstance":    s.delete,
		"CreateDBSnapshot":    s.createSnapshot,
		"DeleteDBSnapshot":    s.deleteSnapshot,

		"RestoreDBInstanceFromDBSnapshot": s.restore,

		"CreateDBParameterGroup": s.createParameterGroup,
		"ModifyDBParameterGroup": s.modifyParameters,
		"ResetDBParameterGroup":  s.resetParameters,
		"DescribeDBParameters":   s.describeParameters,
		"DeleteDBParameterGroup": s.deleteParameterGroup,
	}[in.Get("Action")]
	if !known {
		s.emulator.ServeHTTP(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), operationLimit)
	defer cancel()
	s.mu.Lock()
	response, err := operation(ctx, r, in)
	s.mu.Unlock()
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	response.Send(w)
}

// describe completes the instance in the emulator's response.
func (s *Service) describe(_ context.Context, r *http.Request, _ url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if response.OK() {
		response.RewriteXML(s.complete)
	}
	return response, nil
}

// create makes the master user and the database as soon as the emulator has taken the instance.
func (s *Service) create(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	if in.Get("Engine") != "postgres" {
		return awsapi.Forward(s.emulator, r), nil
	}
	if s.instance != nil && in.Get("DBInstanceIdentifier") == s.instance.id {
		return awsapi.Forward(s.emulator, r), nil // which says that it exists
	}
	if s.instance != nil {
		return nil, awsapi.BadRequest("InstanceQuotaExceeded", "the local cloud has one PostgreSQL server, which is instance %s", s.instance.id)
	}
	if in.Get("Port") == "" {
		return nil, awsapi.BadRequest("InvalidParameterValue", "the local cloud needs the instance's Port")
	}
	forwarder, err := portforward.New(net.JoinHostPort(s.config.Host, in.Get("Port")), s.config.Server.Address)
	if err != nil {
		return nil, err
	}
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() {
		return response, forwarder.Close()
	}
	made := &instance{id: in.Get("DBInstanceIdentifier"), port: in.Get("Port"), forwarder: forwarder, fields: map[string]string{}}
	made.remember(in)
	password, err := s.masterPassword(ctx, in, response)
	if err == nil {
		err = s.config.Server.makeMaster(ctx, in.Get("MasterUsername"), password, in.Get("DBName"))
	}
	if err != nil {
		return nil, errors.Join(err, forwarder.Close())
	}
	s.instance = made
	response.RewriteXML(s.complete)
	return response, nil
}

// ofInstance serves an operation on the instance that is the server, once the emulator has done its part.
func (s *Service) ofInstance(serve func(context.Context, url.Values, *awsapi.Response) error) operation {
	return func(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
		response := awsapi.Forward(s.emulator, r)
		if !response.OK() || s.instance == nil || in.Get("DBInstanceIdentifier") != s.instance.id {
			return response, nil
		}
		err := serve(ctx, in, response)
		response.RewriteXML(s.complete)
		return response, err
	}
}

func (s *Service) modify(ctx context.Context, in url.Values, response *awsapi.Response) error {
	s.instance.remember(in)
	if in.Get("RotateMasterUserPassword") != "true" {
		return nil
	}
	password, err := s.masterPassword(ctx, in, response)
	if err != nil {
		return err
	}
	return s.config.Server.setPassword(ctx, response.XMLText("//MasterUsername"), password)
}

// delete empties the server: nothing of an instance outlives it, but snapshots. A final snapshot is the emulator's alone:
// it holds nothing.
func (s *Service) delete(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if _, restored := s.restored[in.Get("DBInstanceIdentifier")]; restored && response.OK() {
		response.RewriteXML(s.complete)
		delete(s.restored, in.Get("DBInstanceIdentifier"))
		return response, s.config.Server.Snapshots.DeleteRestored(in.Get("DBInstanceIdentifier"))
	}
	if !response.OK() || s.instance == nil || in.Get("DBInstanceIdentifier") != s.instance.id {
		return response, nil
	}
	response.RewriteXML(s.complete)
	gone := s.instance
	s.instance = nil
	if err := gone.forwarder.Close(); err != nil {
		return nil, err
	}
	return response, s.config.Server.empty(ctx)
}

// remembered are the fields of requests that the emulator forgets, by the name that responses give them.
var remembered = map[string]string{
	"MonitoringInterval": "MonitoringInterval", "MonitoringRoleArn": "MonitoringRoleArn",
	"EnablePerformanceInsights":          "PerformanceInsightsEnabled",
	"PerformanceInsightsKMSKeyId":        "PerformanceInsightsKMSKeyId",
	"PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
	"DatabaseInsightsMode":               "DatabaseInsightsMode",
	"MaxAllocatedStorage":                "MaxAllocatedStorage",
}

func (i *instance) remember(in url.Values) {
	for asked, shown := range remembered {
		if value := in.Get(asked); value != "" {
			i.fields[shown] = value
		}
	}
}

// complete shows the instance with its own address and all that it was asked to be.
func (s *Service) complete(document *etree.Document) {
	for _, shown := range document.FindElements("//DBInstance") {
		id := shown.SelectElement("DBInstanceIdentifier")
		if id != nil {
			if port, restored := s.restored[id.Text()]; restored {
				locate(shown, "127.0.0.1", strconv.Itoa(port))
				continue
			}
		}
		if s.instance == nil || id == nil || id.Text() != s.instance.id {
			continue
		}
		for name, value := range s.instance.fields {
			replace(shown, name).SetText(value)
		}
		locate(shown, s.config.Host, s.instance.port)
	}
}

// locate shows where an instance is reached.
func locate(instance *etree.Element, address, port string) {
	endpoint := replace(instance, "Endpoint")
	endpoint.CreateElement("Address").SetText(address)
	endpoint.CreateElement("Port").SetText(port)
	endpoint.CreateElement("HostedZoneId").SetText("Z2R2ITUGPM61AM")
}

// replace puts an empty child in the place of the one of that name.
func replace(parent *etree.Element, name string) *etree.Element {
	if old := parent.SelectElement(name); old != nil {
		parent.RemoveChild(old)
	}
	return parent.CreateElement(name)
}
