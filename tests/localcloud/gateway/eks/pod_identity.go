package eks

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

func (s *Service) createPodIdentity(c *cluster, r *http.Request, in object) (object, error) {
	for _, other := range c.podIdentities {
		if other["namespace"] == in["namespace"] && other["serviceAccount"] == in["serviceAccount"] {
			return nil, errInUse("Association already exists: %s", awsapi.Text(other, "associationId"))
		}
	}
	id := "a-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:17]
	arn := s.arn("podidentityassociation/" + r.PathValue("cluster") + "/" + id)
	shown := object{
		"clusterName": r.PathValue("cluster"), "associationId": id, "associationArn": arn, "createdAt": now(), "modifiedAt": now(),
		"disableSessionTags": false,
	}
	awsapi.CopyFields(shown, in, "namespace", "serviceAccount", "roleArn", "targetRoleArn", "disableSessionTags")
	s.keepTags(arn, in)
	c.podIdentities[id] = shown
	return object{"association": s.withTags(shown, "associationArn")}, nil
}

func (s *Service) listPodIdentities(c *cluster, r *http.Request, _ object) (object, error) {
	asked := r.URL.Query()
	list := []object{}
	for _, id := range names(c.podIdentities) {
		one := c.podIdentities[id]
		if (asked.Get("namespace") == "" || asked.Get("namespace") == awsapi.Text(one, "namespace")) &&
			(asked.Get("serviceAccount") == "" || asked.Get("serviceAccount") == awsapi.Text(one, "serviceAccount")) {
			list = append(list, one)
		}
	}
	return object{"associations": list}, nil
}

func (s *Service) describePodIdentity(c *cluster, r *http.Request, _ object) (object, error) {
	found, err := find(c.podIdentities, r.PathValue("id"), "pod identity association")
	if err != nil {
		return nil, err
	}
	return object{"association": s.withTags(found, "associationArn")}, nil
}

func (s *Service) updatePodIdentity(c *cluster, r *http.Request, in object) (object, error) {
	found, err := find(c.podIdentities, r.PathValue("id"), "pod identity association")
	if err != nil {
		return nil, err
	}
	awsapi.CopyFields(found, in, "roleArn", "targetRoleArn", "disableSessionTags")
	return object{"association": s.withTags(found, "associationArn")}, nil
}

func (s *Service) deletePodIdentity(c *cluster, r *http.Request, _ object) (object, error) {
	found, err := find(c.podIdentities, r.PathValue("id"), "pod identity association")
	if err != nil {
		return nil, err
	}
	delete(c.podIdentities, r.PathValue("id"))
	delete(s.tags, awsapi.Text(found, "associationArn"))
	return object{"association": found}, nil
}
