package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// replicationGroup is what one was asked to be.
type replicationGroup struct {
	id      string
	asked   url.Values // by creation and later changes; without the token
	nodes   int
	port    int
	tokens  []string // hashes, the latest last
	logs    map[string]logDelivery
	created time.Time
}

type logDelivery struct {
	Type            string `xml:"LogType"`
	Format          string `xml:"LogFormat"`
	DestinationType string `xml:"DestinationType"`
	Group           string `xml:"DestinationDetails>CloudWatchLogsDetails>LogGroup"`
	Status          string `xml:"Status"`
}

func (e *elasticache) createReplicationGroup(in url.Values) (any, error) {
	id := strings.ToLower(in.Get("ReplicationGroupId"))
	if _, exists := e.groups[id]; exists {
		return nil, badRequest("ReplicationGroupAlreadyExists", "Replication group %s already exists.", id)
	}
	if err := e.offered(in); err != nil {
		return nil, err
	}
	group := &replicationGroup{id: id, asked: url.Values{}, logs: map[string]logDelivery{}, created: time.Now().UTC()}
	var err error
	if group.nodes, err = number(in, "NumCacheClusters", 1); err != nil {
		return nil, err
	}
	if group.port, err = number(in, "Port", 6379); err != nil {
		return nil, err
	}
	if err := group.change(in); err != nil {
		return nil, err
	}
	if err := e.open(group.port); err != nil {
		return nil, err
	}
	e.groups[id] = group
	if err := e.admitAll(); err != nil {
		delete(e.groups, id)
		return nil, errors.Join(err, e.closeUnused())
	}
	e.tags.add(e.arn("replicationgroup", id), tagsOf(in))
	return e.told(group), nil
}

// offered refuses what the local cloud's one server is not.
func (e *elasticache) offered(in url.Values) error {
	if in.Get("TransitEncryptionEnabled") != "true" {
		return badRequest(notImplemented, "the local cloud's cache speaks TLS alone: enable encryption in transit")
	}
	for _, key := range []string{"NumNodeGroups", "ReplicasPerNodeGroup", "GlobalReplicationGroupId", "PrimaryClusterId", "SnapshotName"} {
		if value := in.Get(key); value != "" && value != "0" && (key != "NumNodeGroups" || value != "1") {
			return badRequest(notImplemented, "the local cloud's cache is one server, new and empty: %s is not offered", key)
		}
	}
	if in.Get("CacheSubnetGroupName") != "" {
		if _, err := e.subnetGroup(in); err != nil {
			return err
		}
	}
	if name := in.Get("CacheParameterGroupName"); name != "" && !strings.HasPrefix(name, "default.") {
		if _, _, err := e.parameterGroup(in); err != nil {
			return err
		}
	}
	return nil
}

// number reads a positive number of a request.
func number(in url.Values, key string, missing int) (int, error) {
	if in.Get(key) == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(in.Get(key))
	if err != nil || n < 1 {
		return 0, badRequest("InvalidParameterValue", "%s is %q, a positive number is expected.", key, in.Get(key))
	}
	return n, nil
}

// change takes over what a request names, and leaves the rest as it is. Nothing changes when it fails.
func (g *replicationGroup) change(in url.Values) error {
	tokens := g.tokens
	if in.Get("AuthTokenUpdateStrategy") == "DELETE" {
		tokens = nil
	} else if token := in.Get("AuthToken"); token != "" {
		hash, err := hashToken(token)
		if err != nil {
			return err
		}
		if tokens, err = take(g.tokens, hash, in.Get("AuthTokenUpdateStrategy")); err != nil {
			return err
		}
	}
	if err := g.changeLogs(in); err != nil {
		return err
	}
	g.tokens = tokens
	for key, value := range in {
		switch name, _, _ := strings.Cut(key, "."); name {
		case "AuthToken", "AuthTokenUpdateStrategy", "Tags", "LogDeliveryConfigurations", "SecurityGroupIds":
		default:
			g.asked[key] = value
		}
	}
	if ids := numbered(in, "SecurityGroupIds.SecurityGroupId"); len(ids) > 0 {
		g.asked["SecurityGroupIds"] = ids
	}
	return nil
}

// changeLogs takes over where each kind of log goes.
func (g *replicationGroup) changeLogs(in url.Values) error {
	logs := maps.Clone(g.logs)
	for i := 1; ; i++ {
		prefix := "LogDeliveryConfigurations.LogDeliveryConfigurationRequest." + strconv.Itoa(i) + "."
		kind := in.Get(prefix + "LogType")
		if kind == "" {
			g.logs = logs
			return nil
		}
		if in.Get(prefix+"Enabled") == "false" {
			delete(logs, kind)
			continue
		}
		destination := in.Get(prefix + "DestinationType")
		if destination != "cloudwatch-logs" {
			return badRequest(notImplemented, "the local cloud delivers a cache's logs to CloudWatch Logs alone, not to %q", destination)
		}
		logs[kind] = logDelivery{
			Type: kind, Format: in.Get(prefix + "LogFormat"), DestinationType: destination,
			Group: in.Get(prefix + "DestinationDetails.CloudWatchLogsDetails.LogGroup"), Status: "active",
		}
	}
}

// replicationGroup finds the request's group.
func (e *elasticache) replicationGroup(in url.Values) (*replicationGroup, error) {
	id := strings.ToLower(in.Get("ReplicationGroupId"))
	if found, ok := e.groups[id]; ok {
		return found, nil
	}
	return nil, notFound("ReplicationGroupNotFoundFault", "Replication group %s not found.", id)
}

func (e *elasticache) modifyReplicationGroup(in url.Values) (any, error) {
	group, err := e.replicationGroup(in)
	if err != nil {
		return nil, err
	}
	if err := group.change(in); err != nil {
		return nil, err
	}
	if err := e.admitAll(); err != nil {
		return nil, err
	}
	return e.told(group), nil
}

func (e *elasticache) changeReplicas(in url.Values) (any, error) {
	group, err := e.replicationGroup(in)
	if err != nil {
		return nil, err
	}
	replicas, err := strconv.Atoi(in.Get("NewReplicaCount"))
	if err != nil || replicas < 0 || replicas > 5 {
		return nil, badRequest("InvalidParameterValue", "NewReplicaCount is %q, 0 to 5 is expected.", in.Get("NewReplicaCount"))
	}
	group.nodes = replicas + 1
	return e.told(group), nil
}

func (e *elasticache) deleteReplicationGroup(in url.Values) (any, error) {
	group, err := e.replicationGroup(in)
	if err != nil {
		return nil, err
	}
	delete(e.groups, group.id)
	if err := e.admitAll(); err != nil {
		e.groups[group.id] = group
		return nil, err
	}
	delete(e.tags, e.arn("replicationgroup", group.id))
	answer := e.told(group)
	answer.Group.Status = "deleting"
	return answer, e.closeUnused()
}

// open offers the cache server at a port. Groups with the same port share it, since AWS would give each its own host.
func (e *elasticache) open(port int) error {
	if e.doors[port] != nil {
		return nil
	}
	door, err := newForwarder(net.JoinHostPort(e.config.Host, strconv.Itoa(port)), e.config.Redis.Address)
	if err != nil {
		return err
	}
	e.doors[port] = door
	return nil
}

// closeUnused ends the connections at ports that no group has any more.
func (e *elasticache) closeUnused() error {
	used := map[int]bool{}
	for _, group := range e.groups {
		used[group.port] = true
	}
	var problems []error
	for port, door := range e.doors {
		if !used[port] {
			problems = append(problems, door.Close())
			delete(e.doors, port)
		}
	}
	return errors.Join(problems...)
}

// admitAll tells the cache server the tokens of all groups, which share its one default user.
func (e *elasticache) admitAll() error {
	tokens := cacheTokens{none: len(e.groups) == 0}
	for _, id := range slices.Sorted(maps.Keys(e.groups)) {
		group := e.groups[id]
		tokens.hashes = append(tokens.hashes, group.tokens...)
		tokens.open = tokens.open || len(group.tokens) == 0
	}
	return e.admit(tokens)
}

// members are the names of the group's nodes, which end in a number from 001 on.
func (g *replicationGroup) members() []string {
	list := make([]string, g.nodes)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%03d", g.id, i+1)
	}
	return list
}

// parameterGroupName is the one asked for, or AWS's own for the version.
func (g *replicationGroup) parameterGroupName() string {
	major, _, _ := strings.Cut(g.asked.Get("EngineVersion"), ".")
	return cmp.Or(g.asked.Get("CacheParameterGroupName"), "default."+g.asked.Get("Engine")+major)
}
