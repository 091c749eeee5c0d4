package gateway

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// cacheCluster is one node of a replication group, which AWS tells as a cluster of its own.
type cacheCluster struct {
	ARN               string              `xml:"ARN"`
	ID                string              `xml:"CacheClusterId"`
	Status            string              `xml:"CacheClusterStatus"`
	Created           string              `xml:"CacheClusterCreateTime"`
	NodeType          string              `xml:"CacheNodeType"`
	Engine            string              `xml:"Engine"`
	EngineVersion     string              `xml:"EngineVersion"`
	Nodes             int                 `xml:"NumCacheNodes"`
	Zone              string              `xml:"PreferredAvailabilityZone"`
	ReplicationGroup  string              `xml:"ReplicationGroupId"`
	SubnetGroup       string              `xml:"CacheSubnetGroupName,omitempty"`
	ParameterGroup    cacheParameters     `xml:"CacheParameterGroup"`
	SecurityGroups    []cacheSecurityRole `xml:"SecurityGroups>member"`
	Maintenance       string              `xml:"PreferredMaintenanceWindow"`
	SnapshotWindow    string              `xml:"SnapshotWindow"`
	SnapshotRetention int                 `xml:"SnapshotRetentionLimit"`
	AutoMinorUpgrade  bool                `xml:"AutoMinorVersionUpgrade"`
	AuthToken         bool                `xml:"AuthTokenEnabled"`
	TransitEncryption bool                `xml:"TransitEncryptionEnabled"`
	TransitMode       string              `xml:"TransitEncryptionMode"`
	AtRestEncryption  bool                `xml:"AtRestEncryptionEnabled"`
	NetworkType       string              `xml:"NetworkType"`
	IPDiscovery       string              `xml:"IpDiscovery"`
	Notification      *cacheNotification  `xml:"NotificationConfiguration,omitempty"`
	NodeList          []cacheNode         `xml:"CacheNodes>CacheNode"`
	Logs              []logDelivery       `xml:"LogDeliveryConfigurations>LogDeliveryConfiguration"`
}

type cacheParameters struct {
	Name   string `xml:"CacheParameterGroupName"`
	Status string `xml:"ParameterApplyStatus"`
}

type cacheSecurityRole struct {
	ID     string `xml:"SecurityGroupId"`
	Status string `xml:"Status"`
}

type cacheNotification struct {
	Topic  string `xml:"TopicArn"`
	Status string `xml:"TopicStatus"`
}

type cacheNode struct {
	ID       string        `xml:"CacheNodeId"`
	Status   string        `xml:"CacheNodeStatus"`
	Zone     string        `xml:"CustomerAvailabilityZone"`
	Endpoint cacheEndpoint `xml:"Endpoint"`
}

// member finds a node by its name, with its place in its group.
func (e *elasticache) member(name string) (group *replicationGroup, place int, found bool) {
	name = strings.ToLower(name)
	cut := max(0, strings.LastIndex(name, "-"))
	group, known := e.groups[name[:cut]]
	if !known {
		return nil, 0, false
	}
	place = slices.Index(group.members(), name)
	return group, place, place >= 0
}

// describeClusters tells the nodes of replication groups; other clusters are the emulator's.
func (e *elasticache) describeClusters(in url.Values) (any, error) {
	var list []cacheCluster
	if name := in.Get("CacheClusterId"); name != "" {
		group, place, found := e.member(name)
		if !found {
			return nil, errForward
		}
		list = append(list, e.node(group, place))
	} else {
		for _, id := range slices.Sorted(maps.Keys(e.groups)) {
			for place := range e.groups[id].nodes {
				list = append(list, e.node(e.groups[id], place))
			}
		}
	}
	return struct {
		Clusters []cacheCluster `xml:"CacheClusters>CacheCluster"`
	}{list}, nil
}

func (e *elasticache) node(g *replicationGroup, place int) cacheCluster {
	group, asked, id, zone := e.told(g).Group, g.asked, g.members()[place], e.zone(g, place)
	node := cacheCluster{
		ARN: e.arn("cluster", id), ID: id, Status: group.Status, Created: group.Created, NodeType: group.NodeType,
		Engine: group.Engine, EngineVersion: fullVersion(asked.Get("EngineVersion")), Nodes: 1, Zone: zone,
		ReplicationGroup: g.id, SubnetGroup: asked.Get("CacheSubnetGroupName"),
		ParameterGroup: cacheParameters{Name: g.parameterGroupName(), Status: "in-sync"},
		Maintenance:    cmp.Or(asked.Get("PreferredMaintenanceWindow"), defaultMaintenance),
		SnapshotWindow: group.SnapshotWindow, SnapshotRetention: group.SnapshotRetention, AutoMinorUpgrade: group.AutoMinorUpgrade,
		AuthToken: group.AuthToken, TransitEncryption: group.TransitEncryption, TransitMode: group.TransitMode,
		AtRestEncryption: group.AtRestEncryption, NetworkType: group.NetworkType, IPDiscovery: group.IPDiscovery,
		NodeList: []cacheNode{{ID: "0001", Status: "available", Zone: zone, Endpoint: group.NodeGroups[0].Primary}},
		Logs:     group.Logs,
	}
	if topic := asked.Get("NotificationTopicArn"); topic != "" {
		node.Notification = &cacheNotification{Topic: topic, Status: "active"}
	}
	for _, security := range asked["SecurityGroupIds"] {
		node.SecurityGroups = append(node.SecurityGroups, cacheSecurityRole{ID: security, Status: "active"})
	}
	return node
}

// fullVersion is how AWS reports the version "8.0" that was asked for: with a patch level.
func fullVersion(version string) string {
	if strings.Count(version, ".") == 1 {
		return version + ".0"
	}
	return version
}
