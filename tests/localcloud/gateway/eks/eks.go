// Package eks emulates Amazon EKS.
package eks

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
)

// object is a JSON object.
type object = map[string]any

// Config says where the service is and what its clusters lead to.
type Config struct {
	Account   awsapi.Account
	APIServer APIServer
	Callers   *sts.Service // knows whose credentials signed a token, and gives pods sessions
	Nodes     Nodes        // nil where there are none
}

// Nodes runs the nodes of node groups.
type Nodes interface {
	Apply(group nodes.Group) error
	Remove(cluster, group string)
	Status(cluster, group string) nodes.Status
	// Addon makes or removes what an add-on runs in the cluster.
	Addon(name string, installed bool)
}

// APIServer is how clients reach the Kubernetes API server that every cluster leads to.
type APIServer struct {
	Endpoint             string // https://127.0.0.1:<port>
	CertificateAuthority string // PEM in base64, as EKS shows it
}

// Service keeps clusters and all that belongs to them. Everything but a node group with nodes is ready as soon as it is asked for,
// and every cluster leads to the local cloud's one API server.
type Service struct {
	*awsapi.RESTService // its lock guards what follows

	config   Config
	emulator http.Handler
	clusters map[string]*cluster
	tags     map[string]object       // by ARN
	updates  map[string]*groupUpdate // by id, those that take their time
}

// cluster is a cluster as DescribeCluster shows it, with its parts by name or id.
type cluster struct {
	shown         object
	nodeGroups    map[string]object
	addons        map[string]object
	accessEntries map[string]*accessEntry // by the principal's ARN
	podIdentities map[string]object
}

// accessEntry is a principal that may use the cluster's API, with the access policies it has.
type accessEntry struct {
	shown    object
	policies map[string]object // by the policy's ARN
}

// New makes the service. What it does not serve is the emulator's.
func New(config Config, emulator http.Handler) *Service {
	s := &Service{config: config, emulator: emulator, clusters: map[string]*cluster{}, tags: map[string]object{}, updates: map[string]*groupUpdate{}}
	s.RESTService = awsapi.NewRESTService(emulator, map[string]operation{
		"POST /clusters":                      s.createCluster,
		"GET /clusters":                       s.listClusters,
		"GET /clusters/{cluster}":             s.inCluster(s.describeCluster),
		"DELETE /clusters/{cluster}":          s.inCluster(s.deleteCluster),
		"POST /clusters/{cluster}/updates":    s.inCluster(s.updateClusterVersion),
		"GET /clusters/{cluster}/updates":     s.inCluster(s.listUpdates),
		"GET /clusters/{cluster}/updates/{u}": s.inCluster(s.describeUpdate),

		"POST /clusters/{cluster}/update-config": s.inCluster(s.updateClusterConfig),

		"POST /clusters/{cluster}/node-groups":                        s.inCluster(s.createNodeGroup),
		"GET /clusters/{cluster}/node-groups":                         s.inCluster(s.listNodeGroups),
		"GET /clusters/{cluster}/node-groups/{group}":                 s.inCluster(s.describeNodeGroup),
		"DELETE /clusters/{cluster}/node-groups/{group}":              s.inCluster(s.deleteNodeGroup),
		"POST /clusters/{cluster}/node-groups/{group}/update-config":  s.inCluster(s.updateNodeGroupConfig),
		"POST /clusters/{cluster}/node-groups/{group}/update-version": s.inCluster(s.updateNodeGroupVersion),

		"GET /addons/supported-versions":                 s.describeAddonVersions,
		"POST /clusters/{cluster}/addons":                s.inCluster(s.createAddon),
		"GET /clusters/{cluster}/addons":                 s.inCluster(s.listAddons),
		"GET /clusters/{cluster}/addons/{addon}":         s.inCluster(s.describeAddon),
		"DELETE /clusters/{cluster}/addons/{addon}":      s.inCluster(s.deleteAddon),
		"POST /clusters/{cluster}/addons/{addon}/update": s.inCluster(s.updateAddon),

		"POST /clusters/{cluster}/access-entries":                                           s.inCluster(s.createAccessEntry),
		"GET /clusters/{cluster}/access-entries":                                            s.inCluster(s.listAccessEntries),
		"GET /clusters/{cluster}/access-entries/{principal}":                                s.inCluster(s.describeAccessEntry),
		"POST /clusters/{cluster}/access-entries/{principal}":                               s.inCluster(s.updateAccessEntry),
		"DELETE /clusters/{cluster}/access-entries/{principal}":                             s.inCluster(s.deleteAccessEntry),
		"POST /clusters/{cluster}/access-entries/{principal}/access-policies":               s.inCluster(s.associateAccessPolicy),
		"GET /clusters/{cluster}/access-entries/{principal}/access-policies":                s.inCluster(s.listAccessPolicies),
		"DELETE /clusters/{cluster}/access-entries/{principal}/access-policies/{policy...}": s.inCluster(s.disassociateAccessPolicy),

		"POST /clusters/{cluster}/pod-identity-associations":        s.inCluster(s.createPodIdentity),
		"GET /clusters/{cluster}/pod-identity-associations":         s.inCluster(s.listPodIdentities),
		"GET /clusters/{cluster}/pod-identity-associations/{id}":    s.inCluster(s.describePodIdentity),
		"POST /clusters/{cluster}/pod-identity-associations/{id}":   s.inCluster(s.updatePodIdentity),
		"DELETE /clusters/{cluster}/pod-identity-associations/{id}": s.inCluster(s.deletePodIdentity),

		"GET /tags/{arn...}":    s.listTags,
		"POST /tags/{arn...}":   s.addTags,
		"DELETE /tags/{arn...}": s.removeTags,
	})
	return s
}

// operation serves one request. The lock is held.
type operation = awsapi.RESTOperation

// clusterOperation serves one request about a cluster and its parts. The lock is held.
type clusterOperation func(c *cluster, r *http.Request, in object) (object, error)

// inCluster finds the cluster that the path names.
func (s *Service) inCluster(serve clusterOperation) operation {
	return func(r *http.Request, in object) (object, error) {
		c, err := find(s.clusters, r.PathValue("cluster"), "cluster")
		if err != nil {
			return nil, err
		}
		s.observe(c)
		return serve(c, r, in)
	}
}

// arn names a part of a cluster, such as addon/<cluster>/<name>/<id>.
func (s *Service) arn(resource string) string { return s.config.Account.ARN("eks", resource) }

// keepTags moves the tags of a request to where they are kept.
func (s *Service) keepTags(arn string, in object) {
	tags, _ := in["tags"].(object)
	if tags == nil {
		tags = object{}
	}
	s.tags[arn] = tags
}

// withTags is a thing as it is shown, with the tags it has now.
func (s *Service) withTags(shown object, arnField string) object {
	out := maps.Clone(shown)
	out["tags"] = s.tags[awsapi.Text(shown, arnField)]
	return out
}

func (s *Service) listTags(r *http.Request, _ object) (object, error) {
	tags, ok := s.tags[r.PathValue("arn")]
	if !ok {
		return nil, awsapi.NotFound("NotFoundException", "no resource %s", r.PathValue("arn"))
	}
	return object{"tags": tags}, nil
}

func (s *Service) addTags(r *http.Request, in object) (object, error) {
	tags, ok := s.tags[r.PathValue("arn")]
	if !ok {
		return nil, awsapi.NotFound("NotFoundException", "no resource %s", r.PathValue("arn"))
	}
	added, _ := in["tags"].(object)
	maps.Copy(tags, added)
	return object{}, nil
}

func (s *Service) removeTags(r *http.Request, _ object) (object, error) {
	for _, key := range r.URL.Query()["tagKeys"] {
		delete(s.tags[r.PathValue("arn")], key)
	}
	return object{}, nil
}

// update is the response to a change that is over at once: something to wait for, all the same.
func update(kind string) object {
	return object{"update": finishedUpdate(uuid.NewString(), kind)}
}

func finishedUpdate(id, kind string) object {
	return object{"id": id, "status": "Successful", "type": kind, "params": []any{}, "errors": []any{}, "createdAt": now()}
}

// now is a time as the REST protocol writes it: seconds since 1970.
func now() float64 { return float64(time.Now().Unix()) }

// names are a map's keys in order, as lists show them.
func names[V any](m map[string]V) []string {
	list := slices.AppendSeq([]string{}, maps.Keys(m)) // not nil, which JSON shows as null
	slices.Sort(list)
	return list
}

// errInUse refuses to remove what others need.
func errInUse(format string, args ...any) error {
	return &awsapi.Error{Status: http.StatusConflict, Code: "ResourceInUseException", Message: fmt.Sprintf(format, args...)}
}

// find looks a part up.
func find[V any](parts map[string]V, name, kind string) (V, error) {
	part, ok := parts[name]
	if !ok {
		return part, awsapi.NotFound("ResourceNotFoundException", "No %s found for name: %s.", kind, name)
	}
	return part, nil
}
