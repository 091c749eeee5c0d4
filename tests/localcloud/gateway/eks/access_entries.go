package eks

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

func (s *Service) createAccessEntry(c *cluster, r *http.Request, in object) (object, error) {
	principal := awsapi.Text(in, "principalArn")
	if _, exists := c.accessEntries[principal]; exists {
		return nil, errInUse("The specified access entry resource is already in use on this cluster: %s", principal)
	}
	arn := s.arn("access-entry/" + r.PathValue("cluster") + "/" + strings.NewReplacer("arn:aws:iam::", "", ":", "/").Replace(principal) + "/" + uuid.NewString())
	shown := object{
		"clusterName": r.PathValue("cluster"), "principalArn": principal, "accessEntryArn": arn, "kubernetesGroups": []any{},
		"createdAt": now(), "modifiedAt": now(), "type": "STANDARD", "username": userOf(principal),
	}
	awsapi.CopyFields(shown, in, "kubernetesGroups", "type", "username")
	s.keepTags(arn, in)
	c.accessEntries[principal] = &accessEntry{shown: shown, policies: map[string]object{}}
	return object{"accessEntry": s.withTags(shown, "accessEntryArn")}, nil
}

// userOf is the user name that EKS gives a principal: a role's users are its sessions.
func userOf(principal string) string {
	assumed := strings.Replace(strings.Replace(principal, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1)
	if assumed == principal || !strings.Contains(assumed, ":assumed-role/") {
		return principal
	}
	return assumed + "/{{SessionName}}"
}

func (s *Service) listAccessEntries(c *cluster, _ *http.Request, _ object) (object, error) {
	return object{"accessEntries": names(c.accessEntries)}, nil
}

func (s *Service) describeAccessEntry(c *cluster, r *http.Request, _ object) (object, error) {
	found, err := find(c.accessEntries, r.PathValue("principal"), "access entry")
	if err != nil {
		return nil, err
	}
	return object{"accessEntry": s.withTags(found.shown, "accessEntryArn")}, nil
}

func (s *Service) updateAccessEntry(c *cluster, r *http.Request, in object) (object, error) {
	found, err := find(c.accessEntries, r.PathValue("principal"), "access entry")
	if err != nil {
		return nil, err
	}
	awsapi.CopyFields(found.shown, in, "kubernetesGroups", "username")
	return object{"accessEntry": s.withTags(found.shown, "accessEntryArn")}, nil
}

func (s *Service) deleteAccessEntry(c *cluster, r *http.Request, _ object) (object, error) {
	found, err := find(c.accessEntries, r.PathValue("principal"), "access entry")
	if err != nil {
		return nil, err
	}
	delete(c.accessEntries, r.PathValue("principal"))
	delete(s.tags, awsapi.Text(found.shown, "accessEntryArn"))
	return object{}, nil
}

func (s *Service) associateAccessPolicy(c *cluster, r *http.Request, in object) (object, error) {
	found, err := find(c.accessEntries, r.PathValue("principal"), "access entry")
	if err != nil {
		return nil, err
	}
	policy := object{"policyArn": awsapi.Text(in, "policyArn"), "associatedAt": now(), "modifiedAt": now()}
	awsapi.CopyFields(policy, in, "accessScope")
	if scope, ok := policy["accessScope"].(object); ok && scope["namespaces"] == nil {
		scope["namespaces"] = []any{}
	}
	found.policies[awsapi.Text(in, "policyArn")] = policy
	return object{"clusterName": r.PathValue("cluster"), "principalArn": r.PathValue("principal"), "associatedAccessPolicy": policy}, nil
}

func (s *Service) listAccessPolicies(c *cluster, r *http.Request, _ object) (object, error) {
	found, err := find(c.accessEntries, r.PathValue("principal"), "access entry")
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, arn := range slices.Sorted(maps.Keys(found.policies)) {
		list = append(list, found.policies[arn])
	}
	return object{"clusterName": r.PathValue("cluster"), "principalArn": r.PathValue("principal"), "associatedAccessPolicies": list}, nil
}

func (s *Service) disassociateAccessPolicy(c *cluster, r *http.Request, _ object) (object, error) {
	found, err := find(c.accessEntries, r.PathValue("principal"), "access entry")
	if err != nil {
		return nil, err
	}
	if _, err := find(found.policies, r.PathValue("policy"), "access policy"); err != nil {
		return nil, err
	}
	delete(found.policies, r.PathValue("policy"))
	return object{}, nil
}
