package elasticache

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// cacheCluster is one node of a replication group, which AWS shows as a cluster of its own.
type cacheCluster struct {
	ARN               string               `xml:"ARN"`
	ID                string               `xml:"CacheClusterId"`
	Status            string               `xml:"CacheClusterStatus"`
	Created           string               `xml:"CacheClusterCreateTime"`
	NodeType          string               `xml:"CacheNodeType"`
	Engine            string               `xml:"Engine"`
	EngineVersion     string               `xml:"EngineVersion"`
	Nodes             int                  `xml:"NumCacheNodes"`
	Zone              string               `xml:"PreferredAvailabilityZone"`
	ReplicationGroup  string               `xml:"ReplicationGroupId"`
	SubnetGroup       string               `xml:"CacheSubnetGroupName,omitempty"`
	ParameterGroup    parameterGroupStatus `xml:"CacheParameterGroup"`
	SecurityGroups    []securityGroup      `xml:"SecurityGroups>member"`
	Maintenance       string               `xml:"PreferredMaintenanceWindow"`
	SnapshotWindow    string               `xml:"SnapshotWindow"`
	SnapshotRetention int                  `xml:"SnapshotRetentionLimit"`
	AutoMinorUpgrade  bool                 `xml:"AutoMinorVersionUpgrade"`
	AuthToken         bool                 `xml:"AuthTokenEnabled"`
	TransitEncryption bool                 `xml:"TransitEncryptionEnabled"`
	TransitMode       string               `xml:"TransitEncryptionMode"`
	AtRestEncryption  bool                 `xml:"AtRestEncryptionEnabled"`
	NetworkType       string               `xml:"NetworkType"`
	IPDiscovery       string               `xml:"IpDiscovery"`
	Notification      *notification        `xml:"NotificationConfiguration,omitempty"`
	NodeList          []node               `xml:"CacheNodes>CacheNode"`
	Logs              []logDelivery        `xml:"LogDeliveryConfigurations>LogDeliveryConfiguration"`
}

type parameterGroupStatus struct {
	Name   string `xml:"CacheParameterGroupName"`
	Status string `xml:"ParameterApplyStatus"`
}

type securityGroup struct {
	ID     string `xml:"SecurityGroupId"`
	Status string `xml:"Status"`
}

type notification struct {
	Topic  string `xml:"TopicArn"`
	Status string `xml:"TopicStatus"`
}

type node struct {
	ID       string   `xml:"CacheNodeId"`
	Status   string   `xml:"CacheNodeStatus"`
	Zone     string   `xml:"CustomerAvailabilityZone"`
	Endpoint endpoint `xml:"Endpoint"`
}

// member finds a node by its name, with its place in its group.
func (s *Service) member(name string) (group *replicationGroup, place int, found bool) {
	name = strings.ToLower(name)
	cut := max(0, strings.LastIndex(name, "-"))
	group, known := s.groups[name[:cut]]
	if !known {
		return nil, 0, false
	}
	place = slices.Index(group.members(), name)
	return group, place, place >= 0
}

// describeClusters lists the nodes of replication groups; other clusters are the emulator's.
func (s *Service) describeClusters(in url.Values) (any, error) {
	var list []cacheCluster
	if name := in.Get("CacheClusterId"); name != "" {
		group, place, found := s.member(name)
		if !found {
			return nil, errEmulator
		}
		list = append(list, s.node(group, place))
	} else {
		for _, id := range slices.Sorted(maps.Keys(s.groups)) {
			for place := range s.groups[id].nodes {
				list = append(list, s.node(s.groups[id], place))
			}
		}
	}
	return struct {
		Clusters []cacheCluster `xml:"CacheClusters>CacheCluster"`
	}{list}, nil
}

func (s *Service) node(g *replicationGroup, place int) cacheCluster {
	group, requested, id, zone := s.describe(g).Group, g.requested, g.members()[place], s.zone(g, place)
	node := cacheCluster{
		ARN: s.arn("cluster", id), ID: id, Status: group.Status, Created: group.Created, NodeType: group.NodeType,
		Engine: group.Engine, EngineVersion: fullVersion(requested.Get("EngineVersion")), Nodes: 1, Zone: zone,
		ReplicationGroup: g.id, SubnetGroup: requested.Get("CacheSubnetGroupName"),
		ParameterGroup: parameterGroupStatus{Name: g.parameterGroupName(), Status: "in-sync"},
		Maintenance:    cmp.Or(requested.Get("PreferredMaintenanceWindow"), defaultMaintenance),
		SnapshotWindow: group.SnapshotWindow, SnapshotRetention: group.SnapshotRetention, AutoMinorUpgrade: group.AutoMinorUpgrade,
		AuthToken: group.AuthToken, TransitEncryption: group.TransitEncryption, TransitMode: group.TransitMode,
		AtRestEncryption: group.AtRestEncryption, NetworkType: group.NetworkType, IPDiscovery: group.IPDiscovery,
		NodeList: []node{{ID: "0001", Status: "available", Zone: zone, Endpoint: group.NodeGroups[0].Primary}},
		Logs:     group.Logs,
	}
	if topic := requested.Get("NotificationTopicArn"); topic != "" {
		node.Notification = &notification{Topic: topic, Status: "active"}
	}
	for _, security := range requested["SecurityGroupIds"] {
		node.SecurityGroups = append(node.SecurityGroups, securityGroup{ID: security, Status: "active"})
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
