package elasticache

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// The windows of a cache that asks for none.
const (
	defaultMaintenance = "sun:05:00-sun:06:00"
	defaultSnapshots   = "03:00-04:00"
)

// replicationGroupDescription is a replication group as it is shown.
type replicationGroupDescription struct {
	ARN               string        `xml:"ARN"`
	ID                string        `xml:"ReplicationGroupId"`
	Description       string        `xml:"Description"`
	Status            string        `xml:"Status"`
	Created           string        `xml:"ReplicationGroupCreateTime"`
	Engine            string        `xml:"Engine"`
	NodeType          string        `xml:"CacheNodeType"`
	AutomaticFailover string        `xml:"AutomaticFailover"`
	MultiAZ           string        `xml:"MultiAZ"`
	ClusterEnabled    bool          `xml:"ClusterEnabled"`
	ClusterMode       string        `xml:"ClusterMode"`
	DataTiering       string        `xml:"DataTiering"`
	NetworkType       string        `xml:"NetworkType"`
	IPDiscovery       string        `xml:"IpDiscovery"`
	SnapshotRetention int           `xml:"SnapshotRetentionLimit"`
	SnapshotWindow    string        `xml:"SnapshotWindow"`
	AutoMinorUpgrade  bool          `xml:"AutoMinorVersionUpgrade"`
	AuthToken         bool          `xml:"AuthTokenEnabled"`
	TransitEncryption bool          `xml:"TransitEncryptionEnabled"`
	TransitMode       string        `xml:"TransitEncryptionMode"`
	AtRestEncryption  bool          `xml:"AtRestEncryptionEnabled"`
	Key               string        `xml:"KmsKeyId,omitempty"`
	Members           []string      `xml:"MemberClusters>ClusterId"`
	NodeGroups        []nodeGroup   `xml:"NodeGroups>NodeGroup"`
	Logs              []logDelivery `xml:"LogDeliveryConfigurations>LogDeliveryConfiguration"`
}

type nodeGroup struct {
	ID      string            `xml:"NodeGroupId"`
	Status  string            `xml:"Status"`
	Primary endpoint          `xml:"PrimaryEndpoint"`
	Reader  endpoint          `xml:"ReaderEndpoint"`
	Members []nodeGroupMember `xml:"NodeGroupMembers>NodeGroupMember"`
}

type nodeGroupMember struct {
	Cluster  string   `xml:"CacheClusterId"`
	Node     string   `xml:"CacheNodeId"`
	Role     string   `xml:"CurrentRole"`
	Zone     string   `xml:"PreferredAvailabilityZone"`
	Endpoint endpoint `xml:"ReadEndpoint"`
}

type endpoint struct {
	Address string `xml:"Address"`
	Port    int    `xml:"Port"`
}

type oneReplicationGroup struct {
	Group replicationGroupDescription `xml:"ReplicationGroup"`
}

func (s *Service) describeReplicationGroups(in url.Values) (any, error) {
	ids := slices.Sorted(maps.Keys(s.groups))
	if in.Get("ReplicationGroupId") != "" {
		group, err := s.replicationGroup(in)
		if err != nil {
			return nil, err
		}
		ids = []string{group.id}
	}
	var list []replicationGroupDescription
	for _, id := range ids {
		list = append(list, s.describe(s.groups[id]).Group)
	}
	return struct {
		Groups []replicationGroupDescription `xml:"ReplicationGroups>ReplicationGroup"`
	}{list}, nil
}

func (s *Service) describe(g *replicationGroup) oneReplicationGroup {
	requested := g.requested
	endpoint := endpoint{Address: s.config.Host, Port: g.port}
	nodes := nodeGroup{ID: "0001", Status: "available", Primary: endpoint, Reader: endpoint}
	for i, name := range g.members() {
		role := "replica"
		if i == 0 {
			role = "primary"
		}
		nodes.Members = append(nodes.Members, nodeGroupMember{Cluster: name, Node: "0001", Role: role, Zone: s.zone(g, i), Endpoint: endpoint})
	}
	shown := replicationGroupDescription{
		ARN: s.arn("replicationgroup", g.id), ID: g.id, Description: requested.Get("ReplicationGroupDescription"), Status: "available",
		Created: g.created.Format("2006-01-02T15:04:05.000Z"), Engine: requested.Get("Engine"), NodeType: requested.Get("CacheNodeType"),
		AutomaticFailover: enabled(requested, "AutomaticFailoverEnabled"), MultiAZ: enabled(requested, "MultiAZEnabled"),
		ClusterMode: "disabled", DataTiering: "disabled",
		NetworkType: cmp.Or(requested.Get("NetworkType"), "ipv4"), IPDiscovery: cmp.Or(requested.Get("IpDiscovery"), "ipv4"),
		SnapshotRetention: g.snapshotRetention(), SnapshotWindow: cmp.Or(requested.Get("SnapshotWindow"), defaultSnapshots),
		AutoMinorUpgrade: requested.Get("AutoMinorVersionUpgrade") != "false", AuthToken: len(g.tokens) > 0,
		TransitEncryption: true, TransitMode: cmp.Or(requested.Get("TransitEncryptionMode"), "required"),
		AtRestEncryption: requested.Get("AtRestEncryptionEnabled") == "true", Key: requested.Get("KmsKeyId"),
		Members: g.members(), NodeGroups: []nodeGroup{nodes},
	}
	for _, kind := range slices.Sorted(maps.Keys(g.logs)) {
		shown.Logs = append(shown.Logs, g.logs[kind])
	}
	return oneReplicationGroup{shown}
}

func enabled(requested url.Values, key string) string {
	if requested.Get(key) == "true" {
		return "enabled"
	}
	return "disabled"
}

func (g *replicationGroup) snapshotRetention() int {
	days, _ := strconv.Atoi(g.requested.Get("SnapshotRetentionLimit")) // 0 when it was not asked for, as on AWS
	return days
}

// zone spreads the nodes over the zones of the group's subnets.
func (s *Service) zone(g *replicationGroup, node int) string {
	placed := s.subnets[g.requested.Get("CacheSubnetGroupName")]
	if placed == nil || len(placed.Subnets) == 0 {
		return s.config.Account.Region + "a"
	}
	return placed.Subnets[node%len(placed.Subnets)].Zone
}
