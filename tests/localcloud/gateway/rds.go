package gateway

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
)

// rds makes the emulator's database instance a real one: its master user and its database exist on the local cloud's
// PostgreSQL server, which is reached at the instance's own address and port. There is one server, so at most one
// PostgreSQL instance at a time can be created; those restored from a snapshot are servers of their own. The server has
// its own version, whatever version the instance was asked to be.
type rds struct {
	config  Config
	backend http.Handler

	mu       sync.Mutex
	instance *rdsInstance
	restored map[string]int // the port of each restored instance on 127.0.0.1
}

// rdsInstance is what the emulator does not keep of an instance.
type rdsInstance struct {
	id     string
	port   string
	door   *forwarder
	fields map[string]string // as DescribeDBInstances names them
}

// rdsLimit bounds what the gateway asks of the database server.
const rdsLimit = 20 * time.Second

func newRDS(config Config, backend http.Handler) *rds {
	return &rds{config: config, backend: backend, restored: map[string]int{}}
}

// Close ends the address of the instance.
func (d *rds) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.instance == nil {
		return nil
	}
	return d.instance.door.Close()
}

func (d *rds) serve(w http.ResponseWriter, r *http.Request) bool {
	in, err := form(r)
	if err != nil {
		writeError(w, r, err)
		return true
	}
	operation, known := map[string]func(context.Context, *http.Request, url.Values) (*answer, error){
		"CreateDBInstance":    d.create,
		"DescribeDBInstances": d.relayed,
		"ModifyDBInstance":    d.modify,
		"StopDBInstance":      d.stop,
		"StartDBInstance":     d.start,
		"RebootDBInstance":    d.reboot,
		"DeleteDBInstance":    d.delete,
		"CreateDBSnapshot":    d.snapshot,
		"DeleteDBSnapshot":    d.removeSnapshot,

		"RestoreDBInstanceFromDBSnapshot": d.restore,
		"DescribeDBParameters": func(_ context.Context, r *http.Request, _ url.Values) (*answer, error) {
			answered := relay(d.backend, r)
			answered.rewrite(markAsUsers)
			return answered, nil
		},
	}[in.Get("Action")]
	if !known {
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), rdsLimit)
	defer cancel()
	d.mu.Lock()
	answered, err := operation(ctx, r, in)
	d.mu.Unlock()
	if err != nil {
		writeError(w, r, err)
		return true
	}
	answered.send(w)
	return true
}

// relayed is the emulator's answer with the instance completed.
func (d *rds) relayed(_ context.Context, r *http.Request, _ url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if answered.ok() {
		answered.rewrite(d.complete)
	}
	return answered, nil
}

// create makes the master user and the database as soon as the emulator has taken the instance.
func (d *rds) create(ctx context.Context, r *http.Request, in url.Values) (*answer, error) {
	if in.Get("Engine") != "postgres" {
		return relay(d.backend, r), nil
	}
	if d.instance != nil {
		return nil, badRequest("InstanceQuotaExceeded", "the local cloud has one PostgreSQL server, which is instance %s", d.instance.id)
	}
	if in.Get("Port") == "" {
		return nil, badRequest("InvalidParameterValue", "the local cloud needs the instance's Port")
	}
	door, err := newForwarder(net.JoinHostPort(d.config.Host, in.Get("Port")), d.config.Postgres.Address)
	if err != nil {
		return nil, err
	}
	answered := relay(d.backend, r)
	if !answered.ok() {
		return answered, door.Close()
	}
	made := &rdsInstance{id: in.Get("DBInstanceIdentifier"), port: in.Get("Port"), door: door, fields: map[string]string{}}
	made.note(in)
	password, err := d.masterPassword(ctx, in, answered)
	if err == nil {
		err = d.config.Postgres.makeMaster(ctx, in.Get("MasterUsername"), password, in.Get("DBName"))
	}
	if err != nil {
		return nil, errors.Join(err, door.Close())
	}
	d.instance = made
	answered.rewrite(d.complete)
	return answered, nil
}

func (d *rds) modify(ctx context.Context, r *http.Request, in url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if !answered.ok() || d.instance == nil || in.Get("DBInstanceIdentifier") != d.instance.id {
		return answered, nil
	}
	d.instance.note(in)
	if in.Get("RotateMasterUserPassword") == "true" {
		password, err := d.masterPassword(ctx, in, answered)
		if err == nil {
			err = d.config.Postgres.setPassword(ctx, element(answered, "//MasterUsername"), password)
		}
		if err != nil {
			return nil, err
		}
	}
	answered.rewrite(d.complete)
	return answered, nil
}

// delete empties the server: nothing of an instance outlives it, but snapshots. A final snapshot is the emulator's alone:
// it holds nothing.
func (d *rds) delete(ctx context.Context, r *http.Request, in url.Values) (*answer, error) {
	answered := relay(d.backend, r)
	if _, restored := d.restored[in.Get("DBInstanceIdentifier")]; restored && answered.ok() {
		answered.rewrite(d.complete)
		delete(d.restored, in.Get("DBInstanceIdentifier"))
		return answered, d.config.Postgres.Copies.RemoveRestored(in.Get("DBInstanceIdentifier"))
	}
	if !answered.ok() || d.instance == nil || in.Get("DBInstanceIdentifier") != d.instance.id {
		return answered, nil
	}
	answered.rewrite(d.complete)
	gone := d.instance
	d.instance = nil
	if err := gone.door.Close(); err != nil {
		return nil, err
	}
	return answered, d.config.Postgres.empty(ctx)
}

// noted are the fields of requests that the emulator forgets, by the name that answers give them.
var noted = map[string]string{
	"MonitoringInterval": "MonitoringInterval", "MonitoringRoleArn": "MonitoringRoleArn",
	"EnablePerformanceInsights":          "PerformanceInsightsEnabled",
	"PerformanceInsightsKMSKeyId":        "PerformanceInsightsKMSKeyId",
	"PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
	"DatabaseInsightsMode":               "DatabaseInsightsMode",
	"MaxAllocatedStorage":                "MaxAllocatedStorage",
}

func (i *rdsInstance) note(in url.Values) {
	for asked, shown := range noted {
		if value := in.Get(asked); value != "" {
			i.fields[shown] = value
		}
	}
}

// complete shows the instance with its own address and all that it was asked to be.
func (d *rds) complete(document *etree.Document) {
	for _, shown := range document.FindElements("//DBInstance") {
		id := shown.SelectElement("DBInstanceIdentifier")
		if id != nil {
			if port, restored := d.restored[id.Text()]; restored {
				locate(shown, "127.0.0.1", strconv.Itoa(port))
				continue
			}
		}
		if d.instance == nil || id == nil || id.Text() != d.instance.id {
			continue
		}
		for name, value := range d.instance.fields {
			replace(shown, name).SetText(value)
		}
		locate(shown, d.config.Host, d.instance.port)
	}
}

// locate tells where an instance is reached.
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

// markAsUsers says of the parameters, of which the emulator keeps just those that somebody set, that somebody set them.
func markAsUsers(document *etree.Document) {
	for _, parameter := range document.FindElements("//Parameters/Parameter") {
		replace(parameter, "Source").SetText("user")
	}
}

// element is the text at a path of an answer, or nothing.
func element(a *answer, path string) string {
	found := ""
	a.rewrite(func(document *etree.Document) {
		if e := document.FindElement(path); e != nil {
			found = e.Text()
		}
	})
	return found
}
