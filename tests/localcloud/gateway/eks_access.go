package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

func (e *eks) createEntry(r *http.Request, in object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	principal := text(in, "principalArn")
	if _, exists := c.entries[principal]; exists {
		return nil, errInUse("The specified access entry resource is already in use on this cluster: %s", principal)
	}
	arn := e.arn("access-entry/" + r.PathValue("cluster") + "/" + strings.NewReplacer("arn:aws:iam::", "", ":", "/").Replace(principal) + "/" + uuid.NewString())
	shown := object{
		"clusterName": r.PathValue("cluster"), "principalArn": principal, "accessEntryArn": arn, "kubernetesGroups": []any{},
		"createdAt": now(), "modifiedAt": now(), "type": "STANDARD", "username": userOf(principal),
	}
	put(shown, in, "kubernetesGroups", "type", "username")
	e.keepTags(arn, in)
	c.entries[principal] = &accessEntry{shown: shown, policies: map[string]object{}}
	return object{"accessEntry": e.withTags(shown, "accessEntryArn")}, nil
}

// userOf is the user name that EKS gives a principal: a role's users are its sessions.
func userOf(principal string) string {
	assumed := strings.Replace(strings.Replace(principal, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1)
	if assumed == principal || !strings.Contains(assumed, ":assumed-role/") {
		return principal
	}
	return assumed + "/{{SessionName}}"
}

func (e *eks) entry(r *http.Request) (*accessEntry, *eksCluster, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, nil, err
	}
	found, err := find(c.entries, r.PathValue("principal"), "access entry")
	return found, c, err
}

func (e *eks) listEntries(r *http.Request, _ object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	return object{"accessEntries": names(c.entries)}, nil
}

func (e *eks) describeEntry(r *http.Request, _ object) (object, error) {
	found, _, err := e.entry(r)
	if err != nil {
		return nil, err
	}
	return object{"accessEntry": e.withTags(found.shown, "accessEntryArn")}, nil
}

func (e *eks) updateEntry(r *http.Request, in object) (object, error) {
	found, _, err := e.entry(r)
	if err != nil {
		return nil, err
	}
	put(found.shown, in, "kubernetesGroups", "username")
	return object{"accessEntry": e.withTags(found.shown, "accessEntryArn")}, nil
}

func (e *eks) deleteEntry(r *http.Request, _ object) (object, error) {
	found, c, err := e.entry(r)
	if err != nil {
		return nil, err
	}
	delete(c.entries, r.PathValue("principal"))
	delete(e.tags, text(found.shown, "accessEntryArn"))
	return object{}, nil
}

func (e *eks) associatePolicy(r *http.Request, in object) (object, error) {
	found, _, err := e.entry(r)
	if err != nil {
		return nil, err
	}
	policy := object{"policyArn": text(in, "policyArn"), "associatedAt": now(), "modifiedAt": now()}
	put(policy, in, "accessScope")
	if scope, ok := policy["accessScope"].(object); ok && scope["namespaces"] == nil {
		scope["namespaces"] = []any{}
	}
	found.policies[text(in, "policyArn")] = policy
	return object{"clusterName": r.PathValue("cluster"), "principalArn": r.PathValue("principal"), "associatedAccessPolicy": policy}, nil
}

func (e *eks) listPolicies(r *http.Request, _ object) (object, error) {
	found, _, err := e.entry(r)
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, arn := range slices.Sorted(maps.Keys(found.policies)) {
		list = append(list, found.policies[arn])
	}
	return object{"clusterName": r.PathValue("cluster"), "principalArn": r.PathValue("principal"), "associatedAccessPolicies": list}, nil
}

func (e *eks) disassociatePolicy(r *http.Request, _ object) (object, error) {
	found, _, err := e.entry(r)
	if err != nil {
		return nil, err
	}
	if _, err := remove(found.policies, r.PathValue("policy"), "access policy"); err != nil {
		return nil, err
	}
	return object{}, nil
}
