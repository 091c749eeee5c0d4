package gateway

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

type cacheCluster struct {
	ARN                 string              `xml:"ARN"`
	ID                  string              `xml:"CacheClusterId"`
	Status              string              `xml:"CacheClusterStatus"`
	NodeType            string              `xml:"CacheNodeType"`
	Engine              string              `xml:"Engine"`
	EngineVersion       string              `xml:"EngineVersion"`
	Nodes               int                 `xml:"NumCacheNodes"`
	ReplicationGroup    string              `xml:"ReplicationGroupId"`
	SubnetGroup         string              `xml:"CacheSubnetGroupName,omitempty"`
	ParameterGroup      string              `xml:"CacheParameterGroup>CacheParameterGroupName"`
	SecurityGroups      []cacheSecurityRole `xml:"SecurityGroups>member"`
	Maintenance         string              `xml:"PreferredMaintenanceWindow,omitempty"`
	SnapshotWindow      string              `xml:"SnapshotWindow,omitempty"`
	SnapshotRetention   int                 `xml:"SnapshotRetentionLimit"`
	AutoMinorUpgrade    bool                `xml:"AutoMinorVersionUpgrade"`
	AuthToken           bool                `xml:"AuthTokenEnabled"`
	TransitEncryption   bool                `xml:"TransitEncryptionEnabled"`
	AtRestEncryption    bool                `xml:"AtRestEncryptionEnabled"`
	NotificationTopic   string              `xml:"NotificationConfiguration>TopicArn,omitempty"`
	NotificationsStatus string              `xml:"NotificationConfiguration>TopicStatus,omitempty"`
}

type cacheSecurityRole struct {
	ID     string `xml:"SecurityGroupId"`
	Status string `xml:"Status"`
}

// noteMembers remembers what a replication group was asked to be; a later change alters just what it names.
func (e *elasticache) noteMembers(in url.Values) (any, error) {
	id := strings.ToLower(in.Get("ReplicationGroupId"))
	if e.members[id] == nil {
		e.members[id] = url.Values{}
	}
	for key, value := range in {
		e.members[id][key] = value
	}
	return nil, errForward
}

// describeClusters answers for one member of a replication group, whose name ends in its number from 001 on.
func (e *elasticache) describeClusters(in url.Values) (any, error) {
	id := strings.ToLower(in.Get("CacheClusterId"))
	cut := strings.LastIndex(id, "-")
	if cut < 0 {
		return nil, errForward
	}
	group, number := id[:cut], id[cut+1:]
	asked, known := e.members[group]
	if _, err := strconv.Atoi(number); !known || err != nil {
		return nil, errForward
	}
	retention, _ := strconv.Atoi(asked.Get("SnapshotRetentionLimit")) // 0 when it was not asked for, as on AWS
	cluster := cacheCluster{
		ARN: fmt.Sprintf("arn:aws:elasticache:%s:%s:cluster:%s", e.region, e.account, id), ID: id, Status: "available",
		NodeType: asked.Get("CacheNodeType"), Engine: asked.Get("Engine"), EngineVersion: fullVersion(asked.Get("EngineVersion")),
		Nodes: 1, ReplicationGroup: group, SubnetGroup: asked.Get("CacheSubnetGroupName"),
		ParameterGroup: asked.Get("CacheParameterGroupName"), Maintenance: asked.Get("PreferredMaintenanceWindow"),
		SnapshotWindow: asked.Get("SnapshotWindow"), SnapshotRetention: retention,
		AutoMinorUpgrade: asked.Get("AutoMinorVersionUpgrade") != "false", AuthToken: asked.Get("AuthToken") != "",
		TransitEncryption: asked.Get("TransitEncryptionEnabled") == "true", AtRestEncryption: asked.Get("AtRestEncryptionEnabled") == "true",
	}
	if topic := asked.Get("NotificationTopicArn"); topic != "" {
		cluster.NotificationTopic, cluster.NotificationsStatus = topic, "active"
	}
	for i := 1; ; i++ {
		role := asked.Get("SecurityGroupIds.SecurityGroupId." + strconv.Itoa(i))
		if role == "" {
			break
		}
		cluster.SecurityGroups = append(cluster.SecurityGroups, cacheSecurityRole{ID: role, Status: "active"})
	}
	return struct {
		Clusters []cacheCluster `xml:"CacheClusters>CacheCluster"`
	}{[]cacheCluster{cluster}}, nil
}

// fullVersion is how AWS reports the version "8.0" that was asked for: with a patch level.
func fullVersion(version string) string {
	if strings.Count(version, ".") == 1 {
		return version + ".0"
	}
	return version
}
