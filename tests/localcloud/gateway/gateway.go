// Package gateway is the one address of all AWS services: it routes each request to the service that it is signed for. A
// service serves the operations that the emulator lacks and corrects the responses that must point at the local cloud's real
// servers; everything else is the emulator's, whose failures become immediate errors that name the operation.
package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/stripefake"
	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/gateway/accessanalyzer"
	"github.com/genericcorp/platform/tests/localcloud/gateway/acm"
	"github.com/genericcorp/platform/tests/localcloud/gateway/apigateway"
	"github.com/genericcorp/platform/tests/localcloud/gateway/authz"
	"github.com/genericcorp/platform/tests/localcloud/gateway/autoscaling"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/budgets"
	"github.com/genericcorp/platform/tests/localcloud/gateway/cloudtrail"
	"github.com/genericcorp/platform/tests/localcloud/gateway/cloudwatch"
	"github.com/genericcorp/platform/tests/localcloud/gateway/costexplorer"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ec2"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ecr"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
	"github.com/genericcorp/platform/tests/localcloud/gateway/elasticache"
	"github.com/genericcorp/platform/tests/localcloud/gateway/elbv2"
	"github.com/genericcorp/platform/tests/localcloud/gateway/events"
	"github.com/genericcorp/platform/tests/localcloud/gateway/guardduty"
	"github.com/genericcorp/platform/tests/localcloud/gateway/lambda"
	"github.com/genericcorp/platform/tests/localcloud/gateway/logs"
	"github.com/genericcorp/platform/tests/localcloud/gateway/organizations"
	"github.com/genericcorp/platform/tests/localcloud/gateway/rds"
	"github.com/genericcorp/platform/tests/localcloud/gateway/route53"
	"github.com/genericcorp/platform/tests/localcloud/gateway/s3"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ses"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ssm"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

// Config says what the gateway stands before.
type Config struct {
	// Emulator is the emulator's address, such as http://127.0.0.1:5000.
	Emulator string
	Account  awsapi.Account
	// Host is the loopback address at which databases and caches are offered, each at the port that it was asked for, and APIs.
	Host string
	// Kubernetes is the API server that every EKS cluster leads to.
	Kubernetes eks.APIServer
	// Nodes runs the nodes of every cluster; nil where there are none.
	Nodes Nodes
	// Postgres is the server that every RDS instance leads to.
	Postgres rds.Server
	// Redis is the server that every replication group leads to.
	Redis elasticache.Server
	// Lambda says where functions live.
	Lambda lambda.Places
	// Endpoint is the URL at which the gateway serves, and Images the folder for what is in its registry of images.
	Endpoint, Images string
	// Mail is the folder for what is sent.
	Mail string
	// Frontend says what load balancers sign their certificates with, how they reach nodes and whom they tell; their targets the gateway knows.
	Frontend balancer.Config
	// Log receives a line for each operation that could not be served.
	Log *slog.Logger
}

// Nodes runs the nodes of node groups.
type Nodes interface {
	eks.Nodes
	autoscaling.Nodes
	List() []localcloud.Node
}

// Gateway is an http.Handler for every AWS service at one address.
type Gateway struct {
	log      *slog.Logger
	services map[string]http.Handler // by signing name
	emulator http.Handler
	faults   faults
	eks      *eks.Service
	images   *ecr.Service
	payers   *organizations.Service
	mail     *ses.Service
	balancer *balancer.Balancer
	judge    *authz.Judge
	stripe   http.Handler // Stripe's stand-in
	cancel   context.CancelFunc
}

// New makes a gateway. Close it when it no longer serves.
func New(config Config) (*Gateway, error) {
	address, err := url.Parse(config.Emulator)
	if err != nil {
		return nil, fmt.Errorf("the emulator's address: %w", err)
	}
	failures := failures{config.Log}
	emulator := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			host := r.In.Host
			r.SetURL(address)
			r.Out.Host = host // the emulator finds buckets and services by the host
		},
		Transport:      bufferedTransport{http.DefaultTransport},
		ModifyResponse: failures.correct,
		ErrorHandler:   failures.unreachable,
		ErrorLog:       slog.NewLogLogger(config.Log.Handler(), slog.LevelError),
	}
	callers := sts.New(config.Account, emulator)
	cluster := eks.Config{Account: config.Account, APIServer: config.Kubernetes, Callers: callers}
	var machines autoscaling.Nodes
	if config.Nodes != nil { // not a nil interface in another
		cluster.Nodes, machines = config.Nodes, config.Nodes
	}
	clusters := eks.New(cluster, emulator)
	certificates, buckets := acm.New(config.Account, emulator), s3.New(emulator)
	machinesOf := autoscaling.New(autoscaling.Config{Account: config.Account, Nodes: machines, Groups: clusters}, emulator)
	config.Frontend.Targets = func(group string) []balancer.Target { return targets(config.Nodes, machinesOf.Targets(group)) }
	frontend := balancer.New(config.Frontend)
	payers := organizations.New(emulator)
	mail := ses.New(ses.Config{Account: config.Account, Endpoint: config.Endpoint, Dir: config.Mail, Log: config.Log}, emulator)
	judge := authz.New(authz.Config{Account: config.Account, Emulator: emulator, Buckets: buckets, Mail: mail, Sessions: callers, Log: config.Log})
	functions := lambda.New(lambda.Config{Account: config.Account, Places: config.Lambda, Callers: callers, Log: config.Log}, emulator)
	images := ecr.New(ecr.Config{Account: config.Account, Endpoint: config.Endpoint, Dir: config.Images, Log: config.Log}, emulator)
	delivering, cancel := context.WithCancel(context.Background())
	return &Gateway{stripe: serveStripe(delivering), cancel: cancel, log: config.Log, emulator: emulator, eks: clusters, images: images, payers: payers, mail: mail, balancer: frontend, judge: judge, services: map[string]http.Handler{
		"access-analyzer": accessanalyzer.New(config.Account, emulator),
		"acm":             certificates,
		"apigateway":      apigateway.New(apigateway.Config{Account: config.Account, Host: config.Host, Functions: functions, Log: config.Log}, emulator),
		"autoscaling":     machinesOf,
		"guardduty":       guardduty.New(emulator),
		"iam":             authz.NewAdvisor(judge),
		"budgets":         budgets.New(config.Account, emulator),
		"ce":              costexplorer.New(config.Account, payers.Payer, emulator),
		"cloudtrail":      cloudtrail.New(config.Account, emulator),
		"ec2":             ec2.New(emulator),
		"ecr":             images,
		"eks":             clusters,
		"elasticache":     elasticache.New(elasticache.Config{Account: config.Account, Host: config.Host, Server: config.Redis}, emulator),
		"elasticloadbalancing": elbv2.New(elbv2.Config{
			Account: config.Account, Certificates: certificates, Buckets: buckets, Balancer: frontend, Log: config.Log,
		}, emulator),
		"events":        events.New(events.Config{Account: config.Account, Functions: functions, Log: config.Log}, emulator),
		"lambda":        functions,
		"logs":          logs.New(config.Account, emulator),
		"monitoring":    cloudwatch.New(config.Account, emulator),
		"organizations": payers,
		"rds": rds.New(rds.Config{
			Account: config.Account, Host: config.Host, SecretsManager: config.Emulator, Server: config.Postgres,
		}, emulator),
		"route53": route53.New(emulator),
		"s3":      buckets,
		"ses":     mail,
		"ssm":     ssm.New(config.Account, emulator),
		"sts":     callers,
	}}, nil
}

// EKS is the service of clusters.
func (g *Gateway) EKS() *eks.Service { return g.eks }

// AddNode makes a node group desire one node more; without a name, the only group there is.
func (g *Gateway) AddNode(r *http.Request, group string) error { return g.eks.AddNode(r, group) }

// PullImages is the registry of images for nodes, whose role lets them pull.
func (g *Gateway) PullImages(w http.ResponseWriter, r *http.Request) { g.images.ServeNodes(w, r) }

// Listeners are the TLS listeners of load balancers.
func (g *Gateway) Listeners() []localcloud.Listener { return g.balancer.Listeners() }

// targets are the nodes of node groups, as far as they run.
func targets(nodes Nodes, groups []string) (list []balancer.Target) {
	if nodes == nil {
		return nil
	}
	for _, n := range nodes.List() {
		if slices.Contains(groups, n.Group) && n.Address != "" {
			list = append(list, balancer.Target{Instance: n.Instance, Address: n.Address})
		}
	}
	return list
}

// serveStripe has Stripe's stand-in answer, and send events until the context is over.
func serveStripe(ctx context.Context) http.Handler {
	stripe := stripefake.New(time.Now)
	go stripe.Run(ctx)
	routes := http.NewServeMux()
	routes.Handle(localcloud.StripePath, stripe)
	routes.Handle(localcloud.StripeControlPath+"/", http.StripPrefix(localcloud.StripeControlPath, stripe.Control()))
	return routes
}

// Close releases what the services hold open.
func (g *Gateway) Close() {
	g.cancel()
	g.balancer.Close()
	for name, service := range g.services {
		closer, ok := service.(io.Closer)
		if !ok {
			continue
		}
		if err := closer.Close(); err != nil {
			g.log.Error("close", "service", name, "error", err)
		}
	}
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == eks.TokenReviewPath {
		g.eks.ReviewToken(w, r)
		return
	}
	if r.URL.Path == organizations.Path {
		g.payers.Join(w, r)
		return
	}
	if r.URL.Path == localcloud.MailPath || strings.HasPrefix(r.URL.Path, localcloud.MailPath+"/") {
		g.mail.ServeMail(w, r)
		return
	}
	ofStripe := strings.HasPrefix(r.URL.Path, localcloud.StripePath) && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ofStripe || strings.HasPrefix(r.URL.Path, localcloud.StripeControlPath+"/") {
		g.stripe.ServeHTTP(w, r)
		return
	}
	if r.URL.Path == FaultsPath {
		g.faults.serve(w, r)
		return
	}
	if r.URL.Path == authz.Path {
		g.judge.ServeReport(w, r)
		return
	}
	if err := g.faults.refuse(r); err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	if err := g.judge.Check(r); err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	defer g.judge.Changed(r)
	if strings.HasPrefix(r.URL.Path, ecr.RegistryPath) && awsapi.SigningName(r) == "" {
		g.images.ServeRegistry(w, r)
		return
	}
	if service, known := g.services[awsapi.SigningName(r)]; known {
		service.ServeHTTP(w, r)
		return
	}
	g.emulator.ServeHTTP(w, r)
}
