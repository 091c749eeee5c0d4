package eks

import (
	"cmp"
	"maps"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// RecommendedRelease is the release of nodes that AWS recommends for a version of Kubernetes, and that a group gets which names none.
func RecommendedRelease(version string) string { return version + ".0-20261101" }

func (s *Service) createNodeGroup(c *cluster, r *http.Request, in object) (object, error) {
	name := awsapi.Text(in, "nodegroupName")
	if _, exists := c.nodeGroups[name]; exists {
		return nil, errInUse("NodeGroup already exists with name %s and cluster name %s", name, r.PathValue("cluster"))
	}
	id := uuid.NewString()
	arn := s.arn("nodegroup/" + r.PathValue("cluster") + "/" + name + "/" + id)
	shown := object{
		"nodegroupName": name, "nodegroupArn": arn, "clusterName": r.PathValue("cluster"), "status": "ACTIVE",
		"createdAt": now(), "modifiedAt": now(), "capacityType": "ON_DEMAND", "labels": object{}, "taints": []any{},
		"health": object{"issues": []any{}}, "resources": object{"autoScalingGroups": []any{object{"name": "eks-" + name + "-" + id}}},
		"version": c.shown["version"], "updateConfig": object{"maxUnavailable": 1},
	}
	awsapi.CopyFields(shown, in, "version", "releaseVersion", "capacityType", "instanceTypes", "subnets", "amiType", "nodeRole",
		"labels", "taints", "diskSize", "updateConfig", "nodeRepairConfig", "launchTemplate", "remoteAccess")
	size, err := sized(shown, in)
	if err != nil {
		return nil, err
	}
	if len(size) != 0 {
		shown["scalingConfig"] = size
	}
	if awsapi.Text(shown, "releaseVersion") == "" {
		shown["releaseVersion"] = RecommendedRelease(awsapi.Text(shown, "version"))
	}
	if err := s.applyNodes(r, shown); err != nil {
		return nil, err
	}
	if s.config.Nodes != nil {
		shown["status"] = "CREATING" // until its nodes are ready
	}
	s.keepTags(arn, in)
	c.nodeGroups[name] = shown
	return object{"nodegroup": s.withTags(shown, "nodegroupArn")}, nil
}

func (s *Service) listNodeGroups(c *cluster, _ *http.Request, _ object) (object, error) {
	return object{"nodegroups": names(c.nodeGroups)}, nil
}

func (s *Service) describeNodeGroup(c *cluster, r *http.Request, _ object) (object, error) {
	group, err := find(c.nodeGroups, r.PathValue("group"), "node group")
	if err != nil {
		return nil, err
	}
	return object{"nodegroup": s.withTags(group, "nodegroupArn")}, nil
}

func (s *Service) deleteNodeGroup(c *cluster, r *http.Request, _ object) (object, error) {
	group, err := find(c.nodeGroups, r.PathValue("group"), "node group")
	if err != nil {
		return nil, err
	}
	group["status"] = "DELETING"
	if s.config.Nodes != nil {
		s.config.Nodes.Remove(r.PathValue("cluster"), r.PathValue("group")) // until they are gone it is there
		return object{"nodegroup": group}, nil
	}
	delete(c.nodeGroups, r.PathValue("group"))
	delete(s.tags, awsapi.Text(group, "nodegroupArn"))
	return object{"nodegroup": group}, nil
}

func (s *Service) updateNodeGroupConfig(c *cluster, r *http.Request, in object) (object, error) {
	group, err := find(c.nodeGroups, r.PathValue("group"), "node group")
	if err != nil {
		return nil, err
	}
	if err := requireActive(group); err != nil {
		return nil, err
	}
	size, err := sized(group, in)
	if err != nil {
		return nil, err
	}
	if len(size) != 0 {
		group["scalingConfig"] = size
	}
	awsapi.CopyFields(group, in, "updateConfig", "nodeRepairConfig")
	if change, ok := in["labels"].(object); ok {
		labels, _ := group["labels"].(object)
		added, _ := change["addOrUpdateLabels"].(object)
		maps.Copy(labels, added)
		gone, _ := change["removeLabels"].([]any)
		for _, key := range gone {
			if key, ok := key.(string); ok {
				delete(labels, key)
			}
		}
	}
	if change, ok := in["taints"].(object); ok {
		group["taints"] = changedTaints(group["taints"], change)
	}
	if err := s.applyNodes(r, group); err != nil {
		return nil, err
	}
	return update("ConfigUpdate"), nil
}

// requireActive refuses to change a group whose nodes come or are replaced
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html, ResourceInUseException).
func requireActive(group object) error {
	if group["status"] == "ACTIVE" {
		return nil
	}
	return errInUse("Nodegroup %s cannot be updated as it is currently not in Active State (%v)", awsapi.Text(group, "nodegroupName"), group["status"])
}

// changedTaints removes and adds taints, which are known by key and effect.
func changedTaints(old any, change object) []any {
	same := func(a, b any) bool {
		x, _ := a.(object)
		y, _ := b.(object)
		return x["key"] == y["key"] && x["effect"] == y["effect"]
	}
	left, _ := old.([]any)
	for _, list := range []string{"removeTaints", "addOrUpdateTaints"} {
		named, _ := change[list].([]any)
		var kept []any
		for _, taint := range left {
			hit := false
			for _, other := range named {
				hit = hit || same(taint, other)
			}
			if !hit {
				kept = append(kept, taint)
			}
		}
		left = kept
	}
	added, _ := change["addOrUpdateTaints"].([]any)
	return append(append([]any{}, left...), added...)
}

func (s *Service) updateNodeGroupVersion(c *cluster, r *http.Request, in object) (object, error) {
	group, err := find(c.nodeGroups, r.PathValue("group"), "node group")
	if err != nil {
		return nil, err
	}
	version, release := cmp.Or(awsapi.Text(in, "version"), awsapi.Text(group, "version")), awsapi.Text(in, "releaseVersion")
	if release == "" { // UpdateNodegroupVersion in EKS's API reference: by default the latest of the version
		release = RecommendedRelease(version)
	}
	if !strings.HasPrefix(release, version+".") {
		return nil, awsapi.BadRequest("InvalidParameterException", "Requested release version %s is not valid for kubernetes version %s.", release, version)
	}
	if err := requireActive(group); err != nil {
		return nil, err
	}
	before := object{}
	awsapi.CopyFields(before, group, madeFrom...)
	awsapi.CopyFields(group, in, "version", "launchTemplate")
	group["releaseVersion"] = release
	if err := s.applyNodes(r, group); err != nil {
		return nil, err
	}
	return s.beginUpdate(group, before), nil
}

// NodeGroup is the name of the node group that an Auto Scaling group is of, or nothing.
func (s *Service) NodeGroup(scaling string) string {
	s.Lock()
	defer s.Unlock()
	for _, c := range s.clusters {
		for name, group := range c.nodeGroups {
			resources, _ := group["resources"].(object)
			groups, _ := resources["autoScalingGroups"].([]any)
			for _, each := range groups {
				if each, ok := each.(object); ok && awsapi.Text(each, "name") == scaling {
					return name
				}
			}
		}
	}
	return ""
}
