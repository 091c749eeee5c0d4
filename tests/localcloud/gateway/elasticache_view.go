package gateway

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

// shownGroup is a replication group as it is told.
type shownGroup struct {
	ARN               string           `xml:"ARN"`
	ID                string           `xml:"ReplicationGroupId"`
	Description       string           `xml:"Description"`
	Status            string           `xml:"Status"`
	Created           string           `xml:"ReplicationGroupCreateTime"`
	Engine            string           `xml:"Engine"`
	NodeType          string           `xml:"CacheNodeType"`
	AutomaticFailover string           `xml:"AutomaticFailover"`
	MultiAZ           string           `xml:"MultiAZ"`
	ClusterEnabled    bool             `xml:"ClusterEnabled"`
	ClusterMode       string           `xml:"ClusterMode"`
	DataTiering       string           `xml:"DataTiering"`
	NetworkType       string           `xml:"NetworkType"`
	IPDiscovery       string           `xml:"IpDiscovery"`
	SnapshotRetention int              `xml:"SnapshotRetentionLimit"`
	SnapshotWindow    string           `xml:"SnapshotWindow"`
	AutoMinorUpgrade  bool             `xml:"AutoMinorVersionUpgrade"`
	AuthToken         bool             `xml:"AuthTokenEnabled"`
	TransitEncryption bool             `xml:"TransitEncryptionEnabled"`
	TransitMode       string           `xml:"TransitEncryptionMode"`
	AtRestEncryption  bool             `xml:"AtRestEncryptionEnabled"`
	Key               string           `xml:"KmsKeyId,omitempty"`
	Members           []string         `xml:"MemberClusters>ClusterId"`
	NodeGroups        []cacheNodeGroup `xml:"NodeGroups>NodeGroup"`
	Logs              []logDelivery    `xml:"LogDeliveryConfigurations>LogDeliveryConfiguration"`
}

type cacheNodeGroup struct {
	ID      string            `xml:"NodeGroupId"`
	Status  string            `xml:"Status"`
	Primary cacheEndpoint     `xml:"PrimaryEndpoint"`
	Reader  cacheEndpoint     `xml:"ReaderEndpoint"`
	Members []nodeGroupMember `xml:"NodeGroupMembers>NodeGroupMember"`
}

type nodeGroupMember struct {
	Cluster  string        `xml:"CacheClusterId"`
	Node     string        `xml:"CacheNodeId"`
	Role     string        `xml:"CurrentRole"`
	Zone     string        `xml:"PreferredAvailabilityZone"`
	Endpoint cacheEndpoint `xml:"ReadEndpoint"`
}

type cacheEndpoint struct {
	Address string `xml:"Address"`
	Port    int    `xml:"Port"`
}

type oneReplicationGroup struct {
	Group shownGroup `xml:"ReplicationGroup"`
}

func (e *elasticache) describeReplicationGroups(in url.Values) (any, error) {
	ids := slices.Sorted(maps.Keys(e.groups))
	if in.Get("ReplicationGroupId") != "" {
		group, err := e.replicationGroup(in)
		if err != nil {
			return nil, err
		}
		ids = []string{group.id}
	}
	var list []shownGroup
	for _, id := range ids {
		list = append(list, e.told(e.groups[id]).Group)
	}
	return struct {
		Groups []shownGroup `xml:"ReplicationGroups>ReplicationGroup"`
	}{list}, nil
}

func (e *elasticache) told(g *replicationGroup) oneReplicationGroup {
	asked := g.asked
	endpoint := cacheEndpoint{Address: e.config.Host, Port: g.port}
	nodes := cacheNodeGroup{ID: "0001", Status: "available", Primary: endpoint, Reader: endpoint}
	for i, name := range g.members() {
		role := "replica"
		if i == 0 {
			role = "primary"
		}
		nodes.Members = append(nodes.Members, nodeGroupMember{Cluster: name, Node: "0001", Role: role, Zone: e.zone(g, i), Endpoint: endpoint})
	}
	shown := shownGroup{
		ARN: e.arn("replicationgroup", g.id), ID: g.id, Description: asked.Get("ReplicationGroupDescription"), Status: "available",
		Created: g.created.Format("2006-01-02T15:04:05.000Z"), Engine: asked.Get("Engine"), NodeType: asked.Get("CacheNodeType"),
		AutomaticFailover: enabled(asked, "AutomaticFailoverEnabled"), MultiAZ: enabled(asked, "MultiAZEnabled"),
		ClusterMode: "disabled", DataTiering: "disabled",
		NetworkType: cmp.Or(asked.Get("NetworkType"), "ipv4"), IPDiscovery: cmp.Or(asked.Get("IpDiscovery"), "ipv4"),
		SnapshotRetention: g.snapshotRetention(), SnapshotWindow: cmp.Or(asked.Get("SnapshotWindow"), defaultSnapshots),
		AutoMinorUpgrade: asked.Get("AutoMinorVersionUpgrade") != "false", AuthToken: len(g.tokens) > 0,
		TransitEncryption: true, TransitMode: cmp.Or(asked.Get("TransitEncryptionMode"), "required"),
		AtRestEncryption: asked.Get("AtRestEncryptionEnabled") == "true", Key: asked.Get("KmsKeyId"),
		Members: g.members(), NodeGroups: []cacheNodeGroup{nodes},
	}
	for _, kind := range slices.Sorted(maps.Keys(g.logs)) {
		shown.Logs = append(shown.Logs, g.logs[kind])
	}
	return oneReplicationGroup{shown}
}

func enabled(asked url.Values, key string) string {
	if asked.Get(key) == "true" {
		return "enabled"
	}
	return "disabled"
}

func (g *replicationGroup) snapshotRetention() int {
	days, _ := strconv.Atoi(g.asked.Get("SnapshotRetentionLimit")) // 0 when it was not asked for, as on AWS
	return days
}

// zone spreads the nodes over the zones of the group's subnets.
func (e *elasticache) zone(g *replicationGroup, node int) string {
	placed := e.subnets[g.asked.Get("CacheSubnetGroupName")]
	if placed == nil || len(placed.Subnets) == 0 {
		return e.config.Region + "a"
	}
	return placed.Subnets[node%len(placed.Subnets)].Zone
}
