package elasticache

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

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/portforward"
)

// replicationGroup is what one was asked to be.
type replicationGroup struct {
	id        string
	requested url.Values // by creation and later changes; without the token
	waiting   url.Values // changes that wait for the maintenance window, which never comes here
	nodes     int
	port      int
	tokens    []string // hashes, the latest last
	logs      map[string]logDelivery
	created   time.Time
}

type logDelivery struct {
	Type            string `xml:"LogType"`
	Format          string `xml:"LogFormat"`
	DestinationType string `xml:"DestinationType"`
	Group           string `xml:"DestinationDetails>CloudWatchLogsDetails>LogGroup"`
	Status          string `xml:"Status"`
}

func (s *Service) createReplicationGroup(in url.Values) (any, error) {
	id := strings.ToLower(in.Get("ReplicationGroupId"))
	if _, exists := s.groups[id]; exists {
		return nil, awsapi.BadRequest("ReplicationGroupAlreadyExists", "Replication group %s already exists.", id)
	}
	if err := s.checkSupported(in); err != nil {
		return nil, err
	}
	group := &replicationGroup{id: id, requested: url.Values{}, waiting: url.Values{}, logs: map[string]logDelivery{}, created: time.Now().UTC()}
	var err error
	if group.nodes, err = number(in, "NumCacheClusters", 1); err != nil {
		return nil, err
	}
	if group.port, err = number(in, "Port", 6379); err != nil {
		return nil, err
	}
	if err := group.change(in, true); err != nil {
		return nil, err
	}
	if err := s.open(group.port); err != nil {
		return nil, err
	}
	s.groups[id] = group
	if err := s.updateTokens(); err != nil {
		delete(s.groups, id)
		return nil, errors.Join(err, s.closeUnusedForwarders())
	}
	s.tags.Add(s.arn("replicationgroup", id), tagsOf(in))
	return s.describe(group), nil
}

// checkSupported refuses what the local cloud's one server is not.
func (s *Service) checkSupported(in url.Values) error {
	if in.Get("TransitEncryptionEnabled") != "true" {
		return awsapi.BadRequest(awsapi.NotImplemented, "the local cloud's cache speaks TLS alone: enable encryption in transit")
	}
	for _, key := range []string{"NumNodeGroups", "ReplicasPerNodeGroup", "GlobalReplicationGroupId", "PrimaryClusterId", "SnapshotName"} {
		if value := in.Get(key); value != "" && value != "0" && (key != "NumNodeGroups" || value != "1") {
			return awsapi.BadRequest(awsapi.NotImplemented, "the local cloud's cache is one server, new and empty: %s is not offered", key)
		}
	}
	if in.Get("CacheSubnetGroupName") != "" {
		if _, err := s.subnetGroup(in); err != nil {
			return err
		}
	}
	return s.checkParameterGroup(in)
}

// checkParameterGroup refuses a parameter group that does not exist. AWS's own, default.*, always do.
func (s *Service) checkParameterGroup(in url.Values) error {
	if name := in.Get("CacheParameterGroupName"); name == "" || strings.HasPrefix(name, "default.") {
		return nil
	}
	_, _, err := s.parameterGroup(in)
	return err
}

// number reads a positive number of a request.
func number(in url.Values, key string, missing int) (int, error) {
	if in.Get(key) == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(in.Get(key))
	if err != nil || n < 1 {
		return 0, awsapi.BadRequest("InvalidParameterValue", "%s is %q, a positive number is expected.", key, in.Get(key))
	}
	return n, nil
}

// deferred are the fields whose changes wait for the maintenance window unless a request says otherwise.
// Source: ElastiCache API Reference, ModifyReplicationGroup, ApplyImmediately and CacheParameterGroupName.
var deferred = []string{"CacheNodeType", "CacheParameterGroupName", "Engine", "EngineVersion"}

// change takes over what a request names, and leaves the rest as it is. Nothing changes when it fails.
func (g *replicationGroup) change(in url.Values, immediately bool) error {
	tokens := g.tokens
	if in.Get("AuthTokenUpdateStrategy") == "DELETE" {
		tokens = nil
	} else if token := in.Get("AuthToken"); token != "" {
		hash, err := hashToken(token)
		if err != nil {
			return err
		}
		if tokens, err = addToken(g.tokens, hash, in.Get("AuthTokenUpdateStrategy")); err != nil {
			return err
		}
	}
	if err := g.changeLogs(in); err != nil {
		return err
	}
	g.tokens = tokens
	if immediately { // what waits comes along
		maps.Copy(g.requested, g.waiting)
		clear(g.waiting)
	}
	for key, value := range in {
		switch name, _, _ := strings.Cut(key, "."); {
		case slices.Contains([]string{"AuthToken", "AuthTokenUpdateStrategy", "Tags", "LogDeliveryConfigurations", "SecurityGroupIds"}, name):
		case !immediately && slices.Contains(deferred, key):
			g.waiting[key] = value
		default:
			g.requested[key] = value
		}
	}
	if ids := awsapi.Members(in, "SecurityGroupIds.SecurityGroupId"); len(ids) > 0 {
		g.requested["SecurityGroupIds"] = ids
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
			return awsapi.BadRequest(awsapi.NotImplemented, "the local cloud delivers a cache's logs to CloudWatch Logs alone, not to %q", destination)
		}
		logs[kind] = logDelivery{
			Type: kind, Format: in.Get(prefix + "LogFormat"), DestinationType: destination,
			Group: in.Get(prefix + "DestinationDetails.CloudWatchLogsDetails.LogGroup"), Status: "active",
		}
	}
}

// replicationGroup finds the request's group.
func (s *Service) replicationGroup(in url.Values) (*replicationGroup, error) {
	id := strings.ToLower(in.Get("ReplicationGroupId"))
	if found, ok := s.groups[id]; ok {
		return found, nil
	}
	return nil, awsapi.NotFound("ReplicationGroupNotFoundFault", "Replication group %s not found.", id)
}

func (s *Service) modifyReplicationGroup(in url.Values) (any, error) {
	group, err := s.replicationGroup(in)
	if err != nil {
		return nil, err
	}
	if err := s.checkParameterGroup(in); err != nil {
		return nil, err
	}
	if err := group.change(in, in.Get("ApplyImmediately") == "true"); err != nil {
		return nil, err
	}
	if err := s.updateTokens(); err != nil {
		return nil, err
	}
	return s.describe(group), nil
}

func (s *Service) changeReplicas(in url.Values) (any, error) {
	group, err := s.replicationGroup(in)
	if err != nil {
		return nil, err
	}
	replicas, err := strconv.Atoi(in.Get("NewReplicaCount"))
	if err != nil || replicas < 0 || replicas > 5 {
		return nil, awsapi.BadRequest("InvalidParameterValue", "NewReplicaCount is %q, 0 to 5 is expected.", in.Get("NewReplicaCount"))
	}
	group.nodes = replicas + 1
	return s.describe(group), nil
}

func (s *Service) deleteReplicationGroup(in url.Values) (any, error) {
	group, err := s.replicationGroup(in)
	if err != nil {
		return nil, err
	}
	final := in.Get("FinalSnapshotIdentifier")
	if s.snapshots[final] {
		return nil, awsapi.BadRequest("SnapshotAlreadyExistsFault", "Snapshot with specified name already exists: %s.", final)
	}
	delete(s.groups, group.id)
	if err := s.updateTokens(); err != nil {
		s.groups[group.id] = group
		return nil, err
	}
	if final != "" {
		s.snapshots[final] = true
	}
	delete(s.tags, s.arn("replicationgroup", group.id))
	description := s.describe(group)
	description.Group.Status = "deleting"
	return description, s.closeUnusedForwarders()
}

// open offers the cache server at a port. Groups with the same port share it, since AWS would give each its own host.
func (s *Service) open(port int) error {
	if s.forwarders[port] != nil {
		return nil
	}
	forwarder, err := portforward.New(net.JoinHostPort(s.config.Host, strconv.Itoa(port)), s.config.Server.Address)
	if err != nil {
		return err
	}
	s.forwarders[port] = forwarder
	return nil
}

// closeUnusedForwarders ends the connections at ports that no group has any more.
func (s *Service) closeUnusedForwarders() error {
	used := map[int]bool{}
	for _, group := range s.groups {
		used[group.port] = true
	}
	var problems []error
	for port, forwarder := range s.forwarders {
		if !used[port] {
			problems = append(problems, forwarder.Close())
			delete(s.forwarders, port)
		}
	}
	return errors.Join(problems...)
}

// updateTokens sets the tokens of all groups at the cache server, which share its one default user.
func (s *Service) updateTokens() error {
	tokens := authTokens{none: len(s.groups) == 0}
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		group := s.groups[id]
		tokens.hashes = append(tokens.hashes, group.tokens...)
		tokens.open = tokens.open || len(group.tokens) == 0
	}
	return s.setTokens(tokens)
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
	major, _, _ := strings.Cut(g.requested.Get("EngineVersion"), ".")
	return cmp.Or(g.requested.Get("CacheParameterGroupName"), "default."+g.requested.Get("Engine")+major)
}
