package eks

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
)

// createLimit is how long the nodes of a new group may take to become ready. EKS gives up after some 25 minutes.
const createLimit = 5 * time.Minute

// taintEffects are Kubernetes' names of EKS's (https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html).
var taintEffects = map[string]string{"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}

// applyNodes asks for the nodes that a group, as it is shown, desires.
func (s *Service) applyNodes(r *http.Request, group object) error {
	if s.config.Nodes == nil {
		return nil
	}
	ids, _ := group["subnets"].([]any)
	subnets, err := s.describeSubnets(r.Context(), ids)
	if err != nil {
		return err
	}
	asked := nodes.Group{
		Cluster: awsapi.Text(group, "clusterName"), Name: awsapi.Text(group, "nodegroupName"), Desired: desired(group),
		InstanceType: "t3.medium", // the default of CreateNodegroup
		CapacityType: awsapi.Text(group, "capacityType"), Labels: map[string]string{},
		Release: awsapi.Text(group, "releaseVersion"),
	}
	if types, _ := group["instanceTypes"].([]any); len(types) > 0 {
		asked.InstanceType = fmt.Sprint(types[0])
	}
	if template, ok := group["launchTemplate"].(object); ok {
		asked.Template = awsapi.Text(template, "id") + awsapi.Text(template, "name") + " " + awsapi.Text(template, "version")
	}
	labels, _ := group["labels"].(object)
	for key := range labels {
		asked.Labels[key] = awsapi.Text(labels, key)
	}
	taints, _ := group["taints"].([]any)
	for _, taint := range taints {
		taint, _ := taint.(object)
		asked.Taints = append(asked.Taints, nodes.Taint{
			Key: awsapi.Text(taint, "key"), Value: awsapi.Text(taint, "value"), Effect: taintEffects[awsapi.Text(taint, "effect")],
		})
	}
	for _, subnet := range subnets {
		asked.Subnets = append(asked.Subnets, subnet.Subnet)
	}
	if err := s.config.Nodes.Apply(asked); err != nil {
		return awsapi.BadRequest("InvalidParameterException", "%v (the local cloud)", err)
	}
	return nil
}

// desired is how many nodes a group is to have; EKS makes two for those who do not say
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html).
func desired(group object) int {
	scaling, _ := group["scalingConfig"].(object)
	return whole(scaling, "desiredSize", 2)
}

// observeCreation makes a new group active when its nodes are ready.
func observeCreation(group object, status nodes.Status) {
	if status.Ready >= desired(group) {
		group["status"] = "ACTIVE"
		return
	}
	if time.Since(status.Since) < createLimit {
		return
	}
	message := "Instances failed to join the kubernetes cluster"
	if status.Failure != "" {
		message += ": " + status.Failure
	}
	group["status"] = "CREATE_FAILED"
	group["health"] = object{"issues": []any{object{"code": "NodeCreationFailure", "message": message, "resourceIds": []any{}}}}
}

// nameLabel is the label by which the environment's settings name a group: on AWS a name ends in random letters.
const nameLabel = "genericcorp.example/node-group"

// AddNode makes a group desire one node more. It is named as in the settings or as EKS has it; without a name it is the only group
// there is.
func (s *Service) AddNode(r *http.Request, name string) error {
	s.Lock()
	defer s.Unlock()
	var found []object
	var known []string
	for _, cluster := range names(s.clusters) {
		s.observe(s.clusters[cluster])
		for _, full := range names(s.clusters[cluster].nodeGroups) {
			group := s.clusters[cluster].nodeGroups[full]
			labels, _ := group["labels"].(object)
			short := cmp.Or(awsapi.Text(labels, nameLabel), full)
			known = append(known, short)
			if group["status"] != "DELETING" && (name == "" || name == full || name == short) {
				found = append(found, group)
			}
		}
	}
	if len(found) != 1 {
		return fmt.Errorf("node group: got %q, expected one of %s", name, strings.Join(known, ", "))
	}
	scaling, _ := found[0]["scalingConfig"].(object)
	most, _ := scaling["maxSize"].(float64)
	wanted := desired(found[0]) + 1
	if float64(wanted) > most {
		return fmt.Errorf("node group %s has %d nodes, its maximum", awsapi.Text(found[0], "nodegroupName"), wanted-1)
	}
	scaling["desiredSize"] = float64(wanted)
	return s.applyNodes(r, found[0])
}
