package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// eks keeps clusters and all that belongs to them. Everything is ready as soon as it is asked for, and every cluster
// leads to the local cloud's one API server. Nodes do not exist: a node group is what it was asked to be.
type eks struct {
	config Config
	mux    *http.ServeMux

	mu       sync.Mutex
	clusters map[string]*eksCluster
	tags     map[string]object // by ARN
}

// eksCluster is a cluster as DescribeCluster shows it, with its parts by name or id.
type eksCluster struct {
	shown      object
	nodeGroups map[string]object
	addons     map[string]object
	entries    map[string]*accessEntry // by the principal's ARN
	identities map[string]object
}

// accessEntry is a principal that may use the cluster's API, with the access policies it has.
type accessEntry struct {
	shown    object
	policies map[string]object // by the policy's ARN
}

func newEKS(config Config) *eks {
	e := &eks{config: config, mux: http.NewServeMux(), clusters: map[string]*eksCluster{}, tags: map[string]object{}}
	for pattern, operation := range map[string]eksOperation{
		"POST /clusters":                      e.createCluster,
		"GET /clusters":                       e.listClusters,
		"GET /clusters/{cluster}":             e.describeCluster,
		"DELETE /clusters/{cluster}":          e.deleteCluster,
		"POST /clusters/{cluster}/updates":    e.updateClusterVersion,
		"GET /clusters/{cluster}/updates/{u}": e.describeUpdate,

		"POST /clusters/{cluster}/update-config": e.updateClusterConfig,

		"POST /clusters/{cluster}/node-groups":                        e.createNodeGroup,
		"GET /clusters/{cluster}/node-groups":                         e.listNodeGroups,
		"GET /clusters/{cluster}/node-groups/{group}":                 e.describeNodeGroup,
		"DELETE /clusters/{cluster}/node-groups/{group}":              e.deleteNodeGroup,
		"POST /clusters/{cluster}/node-groups/{group}/update-config":  e.updateNodeGroupConfig,
		"POST /clusters/{cluster}/node-groups/{group}/update-version": e.updateNodeGroupVersion,

		"GET /addons/supported-versions":                 e.describeAddonVersions,
		"POST /clusters/{cluster}/addons":                e.createAddon,
		"GET /clusters/{cluster}/addons":                 e.listAddons,
		"GET /clusters/{cluster}/addons/{addon}":         e.describeAddon,
		"DELETE /clusters/{cluster}/addons/{addon}":      e.deleteAddon,
		"POST /clusters/{cluster}/addons/{addon}/update": e.updateAddon,

		"POST /clusters/{cluster}/access-entries":                                           e.createEntry,
		"GET /clusters/{cluster}/access-entries":                                            e.listEntries,
		"GET /clusters/{cluster}/access-entries/{principal}":                                e.describeEntry,
		"POST /clusters/{cluster}/access-entries/{principal}":                               e.updateEntry,
		"DELETE /clusters/{cluster}/access-entries/{principal}":                             e.deleteEntry,
		"POST /clusters/{cluster}/access-entries/{principal}/access-policies":               e.associatePolicy,
		"GET /clusters/{cluster}/access-entries/{principal}/access-policies":                e.listPolicies,
		"DELETE /clusters/{cluster}/access-entries/{principal}/access-policies/{policy...}": e.disassociatePolicy,

		"POST /clusters/{cluster}/pod-identity-associations":        e.createIdentity,
		"GET /clusters/{cluster}/pod-identity-associations":         e.listIdentities,
		"GET /clusters/{cluster}/pod-identity-associations/{id}":    e.describeIdentity,
		"POST /clusters/{cluster}/pod-identity-associations/{id}":   e.updateIdentity,
		"DELETE /clusters/{cluster}/pod-identity-associations/{id}": e.deleteIdentity,

		"GET /tags/{arn...}":    e.listTags,
		"POST /tags/{arn...}":   e.addTags,
		"DELETE /tags/{arn...}": e.removeTags,
	} {
		e.mux.HandleFunc(pattern, e.handle(operation))
	}
	return e
}

// eksOperation answers one request. The lock is held.
type eksOperation func(r *http.Request, in object) (object, error)

func (e *eks) serve(w http.ResponseWriter, r *http.Request) bool {
	if _, pattern := e.mux.Handler(r); pattern == "" {
		return false
	}
	e.mux.ServeHTTP(w, r)
	return true
}

func (e *eks) handle(operation eksOperation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := peek(r)
		in := object{}
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, &in)
		}
		if err != nil {
			writeError(w, r, badRequest("SerializationException", "%v", err))
			return
		}
		e.mu.Lock()
		out, err := operation(r, in)
		var answer []byte
		if err == nil {
			answer, err = json.Marshal(out)
		}
		e.mu.Unlock()
		if err != nil {
			writeError(w, r, err)
			return
		}
		w.Header().Set("Content-Type", restProtocol.contentType())
		_, _ = w.Write(answer) // the client may be gone
	}
}

// cluster finds the one that the path names.
func (e *eks) cluster(r *http.Request) (*eksCluster, error) {
	name := r.PathValue("cluster")
	found, ok := e.clusters[name]
	if !ok {
		return nil, notFound("ResourceNotFoundException", "No cluster found for name: %s.", name)
	}
	return found, nil
}

// arn names a part of a cluster, such as addon/<cluster>/<name>/<id>.
func (e *eks) arn(rest string) string {
	return fmt.Sprintf("arn:aws:eks:%s:%s:%s", e.config.Region, e.config.AccountID, rest)
}

// keepTags moves the tags of a request to where they are kept.
func (e *eks) keepTags(arn string, in object) {
	tags, _ := in["tags"].(object)
	if tags == nil {
		tags = object{}
	}
	e.tags[arn] = tags
}

// withTags is a thing as it is shown, with the tags it has now.
func (e *eks) withTags(shown object, arnField string) object {
	out := maps.Clone(shown)
	out["tags"] = e.tags[text(shown, arnField)]
	return out
}

func (e *eks) listTags(r *http.Request, _ object) (object, error) {
	tags, ok := e.tags[r.PathValue("arn")]
	if !ok {
		return nil, notFound("NotFoundException", "no resource %s", r.PathValue("arn"))
	}
	return object{"tags": tags}, nil
}

func (e *eks) addTags(r *http.Request, in object) (object, error) {
	tags, ok := e.tags[r.PathValue("arn")]
	if !ok {
		return nil, notFound("NotFoundException", "no resource %s", r.PathValue("arn"))
	}
	added, _ := in["tags"].(object)
	maps.Copy(tags, added)
	return object{}, nil
}

func (e *eks) removeTags(r *http.Request, _ object) (object, error) {
	for _, key := range r.URL.Query()["tagKeys"] {
		delete(e.tags[r.PathValue("arn")], key)
	}
	return object{}, nil
}

// update is what EKS answers to a change: something to wait for. Here it is over at once.
func update(kind string) object {
	return object{"update": finishedUpdate(uuid.NewString(), kind)}
}

func finishedUpdate(id, kind string) object {
	return object{"id": id, "status": "Successful", "type": kind, "params": []any{}, "errors": []any{}, "createdAt": now()}
}

func (e *eks) describeUpdate(r *http.Request, _ object) (object, error) {
	return object{"update": finishedUpdate(r.PathValue("u"), "ConfigUpdate")}, nil
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
	return &apiError{Status: http.StatusConflict, Code: "ResourceInUseException", Message: fmt.Sprintf(format, args...)}
}

// remove takes a part out of its cluster and returns it.
func remove[V any](parts map[string]V, name, kind string) (V, error) {
	part, ok := parts[name]
	if !ok {
		return part, notFound("ResourceNotFoundException", "No %s found for name: %s.", kind, name)
	}
	delete(parts, name)
	return part, nil
}

// find looks a part up.
func find[V any](parts map[string]V, name, kind string) (V, error) {
	part, ok := parts[name]
	if !ok {
		return part, notFound("ResourceNotFoundException", "No %s found for name: %s.", kind, name)
	}
	return part, nil
}
