package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/toolcache"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/localcloud/servers"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
	"github.com/genericcorp/platform/tests/localcloud/tools"
)

// Serve runs a local cloud in the folder until the context is over or the cloud is lost. Its endpoint has the port, or any
// free one when that is 0.
func Serve(ctx context.Context, dir string, port int, progress io.Writer) (err error) {
	layout, err := newLayout(dir)
	if err != nil {
		return err
	}
	if err := layout.create(); err != nil {
		return err
	}
	release, err := layout.lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	set, missing, err := ensureTools(ctx, progress)
	if err != nil {
		return err
	}
	kept, err := keepTools(set)
	if err != nil {
		return err
	}
	defer kept()
	if err := layout.clear(); err != nil {
		return err
	}
	report := func(line string) { fmt.Fprintln(progress, line) }
	group := supervise.NewGroup(layout.logs(), report)
	run := &run{layout: layout, port: port, tools: set, group: group, report: report, missing: missing}
	defer func() {
		run.close()
		group.Stop()
		err = errors.Join(err, run.closeNodes())
	}()
	state, err := run.start(ctx)
	if err != nil {
		return err
	}
	if err := run.write(state); err != nil {
		return err
	}
	defer run.remove()
	report("ready at " + state.AWSEndpoint)
	monitoring, stop := context.WithCancel(ctx)
	defer stop()
	go group.Monitor(monitoring, healthEvery, healthLimit)

	select {
	case <-ctx.Done():
		report("stopping")
		return nil
	case err := <-group.Crashed():
		return fmt.Errorf("the local cloud is lost, start it again: %w", err)
	}
}

// keepTools keeps the cache's pruning from what this local cloud runs.
func keepTools(set tools.Set) (release func(), err error) {
	cache, err := toolcache.Dir()
	if err != nil {
		return nil, err
	}
	return tools.Keep(cache, set)
}

// run is one start of the local cloud and what it has made so far.
type run struct {
	layout layout
	port   int
	tools  tools.Set
	group  *supervise.Group
	report func(string)

	authority  *pki.Authority
	host       string // the address that endpoints of databases and caches have
	endpoint   *endpoint
	motoAddr   string
	kubernetes *servers.Kubernetes
	postgres   *servers.Postgres
	redis      *servers.Redis
	redisAddr  string

	mu      sync.Mutex
	written *localcloud.State // what the state's file says, while there is one

	missing []string // what this machine lacks to run nodes; with anything there are none
	fabric  *fabric.Fabric
	egress  *fabric.Egress
	nodes   *nodes.Manager
}

// start brings everything up, side by side where nothing depends on the other.
func (r *run) start(ctx context.Context) (*localcloud.State, error) {
	began := time.Now()
	var err error
	if r.authority, err = pki.NewAuthority("Generic Corp local cloud"); err != nil {
		return nil, err
	}
	if r.host, err = serviceHost(); err != nil {
		return nil, err
	}
	if r.endpoint, err = listen(r.port); err != nil {
		return nil, err
	}
	if err := r.makeFabric(); err != nil {
		return nil, err
	}
	tasks, ctx := errgroup.WithContext(ctx)
	for _, task := range []func(context.Context) error{r.startMoto, r.startKubernetes, r.startPostgres, r.startRedis} {
		tasks.Go(func() error { return task(ctx) })
	}
	if err := tasks.Wait(); err != nil {
		return nil, err
	}
	if err := r.manageNodes(); err != nil {
		return nil, err
	}
	if err := r.endpoint.serve(r); err != nil {
		return nil, err
	}
	r.report(fmt.Sprintf("all processes serve after %s", time.Since(began).Round(100*time.Millisecond)))
	return r.state(), nil
}

func (r *run) close() {
	if r.nodes != nil {
		r.nodes.Stop()
	}
	if r.endpoint != nil {
		r.endpoint.close()
	}
}

func (r *run) startMoto(ctx context.Context) error {
	spec, err := r.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) {
		return servers.Moto(r.tools["moto_server"], ports[0]), nil
	})
	r.motoAddr = spec.Address
	return err
}

func (r *run) startKubernetes(ctx context.Context) error {
	etcd, err := r.group.Start(ctx, 2, func(ports []int) (supervise.Spec, error) {
		return servers.Etcd(r.tools["etcd"], r.layout.path("etcd"), ports), nil
	})
	if err != nil {
		return err
	}
	r.kubernetes, err = servers.NewKubernetes(r.layout.path("kube"), r.authority, r.endpoint.url()+eks.TokenReviewPath, r.socket())
	if err != nil {
		return err
	}
	if _, err = r.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) {
		spec, err := r.kubernetes.APIServer(r.tools["kube-apiserver"], etcd.Address, ports[0])
		return r.restarting(spec), err
	}); err != nil {
		return err
	}
	_, err = r.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) {
		return r.restarting(r.kubernetes.ControllerManager(r.tools["kube-controller-manager"], ports[0])), nil
	})
	return err
}

// restarting is a process of the control plane, all of whose memory is in etcd: as on EKS it is started again when it ends.
func (r *run) restarting(spec supervise.Spec) supervise.Spec {
	spec.Restart = true
	spec.Restarted = func(pid int) { r.noteRestart(spec.Name, pid) }
	return spec
}

// noteRestart writes down the new number of a process, once there is a state.
func (r *run) noteRestart(name string, pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.written == nil {
		return
	}
	for i := range r.written.Processes {
		if r.written.Processes[i].Name == name {
			r.written.Processes[i].PID = pid
		}
	}
	if err := r.written.Write(r.layout.dir); err != nil {
		r.report(err.Error())
	}
}

// write writes the state down, from when on the local cloud serves.
func (r *run) write(state *localcloud.State) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = state
	return state.Write(r.layout.dir)
}

// remove removes the state: nothing serves any more.
func (r *run) remove() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.written = nil
	_ = os.Remove(r.layout.state()) // the next start does so, too
}

func (r *run) startPostgres(ctx context.Context) error {
	folder, err := r.layout.postgres(r.report)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return explain("remove what the last run left", folder, err)
	}
	r.postgres, err = servers.NewPostgres(ctx, r.tools["postgres"], folder, r.authority, "127.0.0.1", "localhost", r.host)
	if err != nil {
		return err
	}
	_, err = r.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) {
		return r.postgres.Server(ports[0]), nil
	})
	return err
}

func (r *run) startRedis(ctx context.Context) error {
	var err error
	r.redis, err = servers.NewRedis(r.tools["redis"], r.layout.path("redis"), r.authority, "127.0.0.1", "localhost", r.host)
	if err != nil {
		return err
	}
	spec, err := r.group.Start(ctx, 1, func(ports []int) (supervise.Spec, error) {
		return r.redis.Server(ports[0])
	})
	r.redisAddr = spec.Address
	return err
}

// state describes the running cloud.
func (r *run) state() *localcloud.State {
	state := &localcloud.State{
		PID:               os.Getpid(),
		Generation:        rand.Text(),
		StartedAt:         time.Now().UTC().Truncate(time.Second),
		AWSEndpoint:       r.endpoint.url(),
		AccountID:         servers.AccountID,
		Region:            servers.Region,
		Kubeconfig:        r.kubernetes.Kubeconfig,
		KubernetesVersion: servers.KubernetesVersion,
		Postgres:          r.postgresState(),
		Env:               r.environment(),
	}
	for _, p := range r.group.Processes() {
		state.Processes = append(state.Processes, localcloud.Process{Name: p.Name, PID: p.PID, Address: p.Address, Log: p.Log, Healthy: true, Restarts: p.Restart})
	}
	state.Processes = append(state.Processes, localcloud.Process{
		Name: "gateway", PID: os.Getpid(), Address: r.endpoint.address(), Log: r.layout.log("gateway"), Healthy: true,
	})
	return state
}

func (r *run) postgresState() localcloud.Postgres {
	return localcloud.Postgres{
		Host: "127.0.0.1", Port: r.postgres.Port(), Version: r.postgres.Version,
		CAFile: r.postgres.CAFile, User: servers.Superuser, PasswordFile: r.postgres.PasswordFile,
	}
}
