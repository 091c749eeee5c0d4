// Package elasticache emulates Amazon ElastiCache.
package elasticache

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// Config says where the service is and what its caches are.
type Config struct {
	Account awsapi.Account
	Host    string // the loopback address at which caches are offered, each at the port that it was asked for
	Server  Server
}

// errEmulator means that the emulator serves the operation.
var errEmulator = errors.New("the emulator serves it")

// Service serves replication groups and what they need. Their nodes are the local cloud's one cache server, offered at each
// group's port, with the group's token. Snapshots are not taken; a final one has a name, which is taken from then on.
type Service struct {
	config    Config
	emulator  http.Handler // knows the subnets
	setTokens func(tokens authTokens) error

	mu         sync.Mutex
	parameters map[string]*parameterGroup
	subnets    map[string]*subnetGroup
	groups     map[string]*replicationGroup
	forwarders map[int]*portforward.Forwarder // by port
	tags       awsapi.TagStore
	snapshots  map[string]bool // the names of the final snapshots, which hold nothing and stay
}

// New makes the service. What it does not serve is the emulator's. Close it when it no longer serves.
func New(config Config, emulator http.Handler) *Service {
	return &Service{
		config: config, emulator: emulator, setTokens: config.Server.setTokens,
		parameters: map[string]*parameterGroup{}, subnets: map[string]*subnetGroup{},
		groups: map[string]*replicationGroup{}, forwarders: map[int]*portforward.Forwarder{}, tags: awsapi.TagStore{},
		snapshots: map[string]bool{},
	}
}

// Close ends every connection to a cache.
func (s *Service) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var problems []error
	for port, forwarder := range s.forwarders {
		problems = append(problems, forwarder.Close())
		delete(s.forwarders, port)
	}
	return errors.Join(problems...)
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	action := in.Get("Action")
	operation, known := map[string]func(url.Values) (any, error){
		"CreateCacheParameterGroup":    s.createParameterGroup,
		"DescribeCacheParameterGroups": s.describeParameterGroups,
		"DescribeCacheParameters":      s.describeParameters,
		"ModifyCacheParameterGroup":    s.modifyParameterGroup,
		"ResetCacheParameterGroup":     s.resetParameterGroup,
		"DeleteCacheParameterGroup":    s.deleteParameterGroup,
		"CreateCacheSubnetGroup":       s.createSubnetGroup,
		"DescribeCacheSubnetGroups":    s.describeSubnetGroups,
		"ModifyCacheSubnetGroup":       s.modifySubnetGroup,
		"DeleteCacheSubnetGroup":       s.deleteSubnetGroup,
		"CreateReplicationGroup":       s.createReplicationGroup,
		"DescribeReplicationGroups":    s.describeReplicationGroups,
		"ModifyReplicationGroup":       s.modifyReplicationGroup,
		"IncreaseReplicaCount":         s.changeReplicas,
		"DecreaseReplicaCount":         s.changeReplicas,
		"DeleteReplicationGroup":       s.deleteReplicationGroup,
		"DescribeCacheClusters":        s.describeClusters,
		"AddTagsToResource":            s.addTags,
		"RemoveTagsFromResource":       s.removeTags,
		"ListTagsForResource":          s.listTags,
	}[action]
	if !known {
		s.emulator.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	result, err := operation(in)
	s.mu.Unlock()
	switch {
	case errors.Is(err, errEmulator):
		s.emulator.ServeHTTP(w, r)
	case err != nil:
		awsapi.WriteError(w, r, err)
	default:
		awsapi.WriteQuery(w, action, result)
	}
}

func (s *Service) arn(kind, name string) string {
	return s.config.Account.ARN("elasticache", kind+":"+name)
}

// user is a replication group that names something, or nothing. What a change that waits will replace is still in use.
func (s *Service) user(key, name string) string {
	for id, group := range s.groups {
		if strings.EqualFold(group.requested.Get(key), name) || strings.EqualFold(group.waiting.Get(key), name) {
			return id
		}
	}
	return ""
}
