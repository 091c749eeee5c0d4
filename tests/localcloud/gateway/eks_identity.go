package gateway

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
)

func (e *eks) createIdentity(r *http.Request, in object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	for _, other := range c.identities {
		if other["namespace"] == in["namespace"] && other["serviceAccount"] == in["serviceAccount"] {
			return nil, errInUse("Association already exists: %s", text(other, "associationId"))
		}
	}
	id := "a-" + strings.ReplaceAll(uuid.NewString(), "-", "")[:17]
	arn := e.arn("podidentityassociation/" + r.PathValue("cluster") + "/" + id)
	shown := object{
		"clusterName": r.PathValue("cluster"), "associationId": id, "associationArn": arn, "createdAt": now(), "modifiedAt": now(),
		"disableSessionTags": false,
	}
	put(shown, in, "namespace", "serviceAccount", "roleArn", "targetRoleArn", "disableSessionTags")
	e.keepTags(arn, in)
	c.identities[id] = shown
	return object{"association": e.withTags(shown, "associationArn")}, nil
}

func (e *eks) identity(r *http.Request) (object, *eksCluster, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, nil, err
	}
	found, err := find(c.identities, r.PathValue("id"), "pod identity association")
	return found, c, err
}

func (e *eks) listIdentities(r *http.Request, _ object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	asked := r.URL.Query()
	list := []object{}
	for _, id := range names(c.identities) {
		one := c.identities[id]
		if (asked.Get("namespace") == "" || asked.Get("namespace") == text(one, "namespace")) &&
			(asked.Get("serviceAccount") == "" || asked.Get("serviceAccount") == text(one, "serviceAccount")) {
			list = append(list, one)
		}
	}
	return object{"associations": list}, nil
}

func (e *eks) describeIdentity(r *http.Request, _ object) (object, error) {
	found, _, err := e.identity(r)
	if err != nil {
		return nil, err
	}
	return object{"association": e.withTags(found, "associationArn")}, nil
}

func (e *eks) updateIdentity(r *http.Request, in object) (object, error) {
	found, _, err := e.identity(r)
	if err != nil {
		return nil, err
	}
	put(found, in, "roleArn", "targetRoleArn", "disableSessionTags")
	return object{"association": e.withTags(found, "associationArn")}, nil
}

func (e *eks) deleteIdentity(r *http.Request, _ object) (object, error) {
	found, c, err := e.identity(r)
	if err != nil {
		return nil, err
	}
	delete(c.identities, r.PathValue("id"))
	delete(e.tags, text(found, "associationArn"))
	return object{"association": found}, nil
}
