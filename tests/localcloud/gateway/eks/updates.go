package eks

import (
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// groupUpdate is a new release or template of a node group, whose nodes are replaced one after the other.
type groupUpdate struct {
	number int // of the service's updates
	shown  object
	group  object // as it is shown
	before object // what it was made from, which a failed update leaves it with
}

// madeFrom are the fields of a group that its nodes are made from.
var madeFrom = []string{"version", "releaseVersion", "launchTemplate"}

// beginUpdate makes a group change its nodes. Where there are none it is over at once.
func (s *Service) beginUpdate(group, before object) object {
	shown := finishedUpdate(uuid.NewString(), "VersionUpdate")
	if s.config.Nodes != nil {
		shown["status"], group["status"] = "InProgress", "UPDATING"
	}
	s.updates[awsapi.Text(shown, "id")] = &groupUpdate{number: len(s.updates), shown: shown, group: group, before: before}
	return object{"update": shown}
}

// observe finds out how far the nodes of a cluster's groups are.
func (s *Service) observe(c *cluster) {
	if s.config.Nodes == nil {
		return
	}
	for name, group := range c.nodeGroups {
		status := s.config.Nodes.Status(awsapi.Text(group, "clusterName"), name)
		switch group["status"] {
		case "CREATING":
			observeCreation(group, status)
		case "DELETING":
			if status.Nodes == 0 {
				delete(c.nodeGroups, name)
				delete(s.tags, awsapi.Text(group, "nodegroupArn"))
			}
		case "UPDATING":
			if status.Stuck == "" && (status.Outdated > 0 || status.Ready < desired(group)) {
				continue
			}
			group["status"] = "ACTIVE"
			s.endUpdate(group, status.Stuck)
		}
	}
}

// endUpdate ends the update that a group is in. A pod that could not be evicted makes it fail, and the group keeps what it was made
// from (https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html).
func (s *Service) endUpdate(group object, stuck string) {
	for _, u := range s.updates {
		if u.shown["status"] != "InProgress" || u.group["nodegroupArn"] != group["nodegroupArn"] {
			continue
		}
		u.shown["status"] = "Successful"
		if stuck != "" {
			u.shown["status"] = "Failed"
			u.shown["errors"] = []any{object{"errorCode": "PodEvictionFailure", "errorMessage": stuck, "resourceIds": []any{}}}
			for _, field := range madeFrom {
				delete(group, field)
			}
			maps.Copy(group, u.before)
		}
	}
}

// listUpdates lists those of one node group, the oldest first. Others are over at once, and nobody keeps them.
func (s *Service) listUpdates(_ *cluster, r *http.Request, _ object) (object, error) {
	var list []*groupUpdate
	for _, u := range s.updates {
		if u.group["clusterName"] == r.PathValue("cluster") && u.group["nodegroupName"] == r.URL.Query().Get("nodegroupName") {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b *groupUpdate) int { return a.number - b.number })
	ids := []any{}
	for _, u := range list {
		ids = append(ids, u.shown["id"])
	}
	return object{"updateIds": ids}, nil
}

func (s *Service) describeUpdate(_ *cluster, r *http.Request, _ object) (object, error) {
	if u := s.updates[r.PathValue("u")]; u != nil {
		return object{"update": u.shown}, nil
	}
	return object{"update": finishedUpdate(r.PathValue("u"), "ConfigUpdate")}, nil
}
