package gateway

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// elasticache serves replication groups and what they stand on. Their nodes are the local cloud's one cache server,
// offered at each group's port, with the group's token. Changes take effect at once, and snapshots are not taken.
type elasticache struct {
	config  Config
	backend http.Handler // knows the subnets
	admit   func(tokens cacheTokens) error

	mu         sync.Mutex
	parameters map[string]*parameterGroup
	subnets    map[string]*cacheSubnetGroup
	groups     map[string]*replicationGroup
	doors      map[int]*forwarder // by port
	tags       tagStore
}

func newElastiCache(config Config, backend http.Handler) *elasticache {
	return &elasticache{
		config: config, backend: backend, admit: config.Redis.admit,
		parameters: map[string]*parameterGroup{}, subnets: map[string]*cacheSubnetGroup{},
		groups: map[string]*replicationGroup{}, doors: map[int]*forwarder{}, tags: tagStore{},
	}
}

// Close ends every connection to a cache.
func (e *elasticache) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var problems []error
	for port, door := range e.doors {
		problems = append(problems, door.Close())
		delete(e.doors, port)
	}
	return errors.Join(problems...)
}

func (e *elasticache) serve(w http.ResponseWriter, r *http.Request) bool {
	in, err := form(r)
	if err != nil {
		writeError(w, r, err)
		return true
	}
	action := in.Get("Action")
	operation, known := map[string]func(url.Values) (any, error){
		"CreateCacheParameterGroup":    e.createParameterGroup,
		"DescribeCacheParameterGroups": e.describeParameterGroups,
		"DescribeCacheParameters":      e.describeParameters,
		"ModifyCacheParameterGroup":    e.modifyParameterGroup,
		"ResetCacheParameterGroup":     e.resetParameterGroup,
		"DeleteCacheParameterGroup":    e.deleteParameterGroup,
		"CreateCacheSubnetGroup":       e.createSubnetGroup,
		"DescribeCacheSubnetGroups":    e.describeSubnetGroups,
		"ModifyCacheSubnetGroup":       e.modifySubnetGroup,
		"DeleteCacheSubnetGroup":       e.deleteSubnetGroup,
		"CreateReplicationGroup":       e.createReplicationGroup,
		"DescribeReplicationGroups":    e.describeReplicationGroups,
		"ModifyReplicationGroup":       e.modifyReplicationGroup,
		"IncreaseReplicaCount":         e.changeReplicas,
		"DecreaseReplicaCount":         e.changeReplicas,
		"DeleteReplicationGroup":       e.deleteReplicationGroup,
		"DescribeCacheClusters":        e.describeClusters,
		"AddTagsToResource":            e.addTags,
		"RemoveTagsFromResource":       e.removeTags,
		"ListTagsForResource":          e.listTags,
	}[action]
	if !known {
		return false
	}
	e.mu.Lock()
	result, err := operation(in)
	e.mu.Unlock()
	switch {
	case errors.Is(err, errForward):
		return false
	case err != nil:
		writeError(w, r, err)
	default:
		writeQuery(w, action, result)
	}
	return true
}

// writeQuery answers an operation of the query protocol.
func writeQuery(w http.ResponseWriter, action string, result any) {
	w.Header().Set("Content-Type", queryProtocol.contentType())
	_, _ = fmt.Fprintf(w, "<%sResponse>", action) // the client may be gone
	_ = xml.NewEncoder(w).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	_, _ = fmt.Fprintf(w, "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></%sResponse>", action)
}

// numbered lists what a request carries under a prefix that the protocol numbers from 1.
func numbered(in url.Values, prefix string) []string {
	var list []string
	for i := 1; ; i++ {
		value := in.Get(prefix + "." + strconv.Itoa(i))
		if value == "" {
			return list
		}
		list = append(list, value)
	}
}

func (e *elasticache) arn(kind, name string) string {
	return fmt.Sprintf("arn:aws:elasticache:%s:%s:%s:%s", e.config.Region, e.config.AccountID, kind, name)
}

// user is a replication group that names something, or nothing.
func (e *elasticache) user(key, name string) string {
	for id, group := range e.groups {
		if strings.EqualFold(group.asked.Get(key), name) {
			return id
		}
	}
	return ""
}
