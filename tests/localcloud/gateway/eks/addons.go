package eks

import (
	"cmp"
	"net/http"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// addonVersions are the add-ons of the local cloud, each in one version. They are its own list, with the form of EKS's; where there
// are nodes, coredns and metrics-server are installed. That of kube-proxy is the cluster's own, and is completed by addonVersion.
var addonVersions = map[string]string{
	"aws-ebs-csi-driver":     "v1.53.0-eksbuild.1",
	"coredns":                "v1.13.1-eksbuild.1",
	"eks-pod-identity-agent": "v1.3.10-eksbuild.1",
	"kube-proxy":             ".0-eksbuild.2",
	"metrics-server":         "v0.8.0-eksbuild.3",
	"vpc-cni":                "v1.21.1-eksbuild.1",
}

// addonVersion is the version of an add-on for a cluster's version, such as "1.35"; without one, for the oldest here.
func addonVersion(name, kubernetes string) string {
	if version := addonVersions[name]; name != "kube-proxy" {
		return version
	}
	return "v" + cmp.Or(kubernetes, "1.35") + addonVersions[name]
}

func (s *Service) describeAddonVersions(r *http.Request, _ object) (object, error) {
	asked := r.URL.Query()
	addons := []object{}
	for _, name := range names(addonVersions) {
		if only := asked.Get("addonName"); only != "" && only != name {
			continue
		}
		addons = append(addons, object{"addonName": name, "type": "networking", "publisher": "eks", "owner": "aws", "addonVersions": []object{{
			"addonVersion": addonVersion(name, asked.Get("kubernetesVersion")), "architecture": []string{"amd64", "arm64"},
			"compatibilities": []object{{"clusterVersion": asked.Get("kubernetesVersion"), "platformVersions": []string{"*"}, "defaultVersion": true}},
		}}})
	}
	return object{"addons": addons}, nil
}

func (s *Service) createAddon(c *cluster, r *http.Request, in object) (object, error) {
	name := awsapi.Text(in, "addonName")
	if _, known := addonVersions[name]; !known {
		return nil, awsapi.BadRequest("InvalidParameterException", "the local cloud has no add-on %q, only %v", name, names(addonVersions))
	}
	if _, exists := c.addons[name]; exists {
		return nil, errInUse("Addon already exists: %s", name)
	}
	arn := s.arn("addon/" + r.PathValue("cluster") + "/" + name + "/" + uuid.NewString())
	shown := object{
		"addonName": name, "addonArn": arn, "clusterName": r.PathValue("cluster"), "status": "ACTIVE", "addonVersion": addonVersion(name, awsapi.Text(c.shown, "version")),
		"createdAt": now(), "modifiedAt": now(), "health": object{"issues": []any{}},
	}
	awsapi.CopyFields(shown, in, "addonVersion", "configurationValues", "serviceAccountRoleArn")
	s.keepTags(arn, in)
	c.addons[name] = shown
	if s.config.Nodes != nil {
		s.config.Nodes.Addon(name, true)
	}
	return object{"addon": s.withTags(shown, "addonArn")}, nil
}

func (s *Service) listAddons(c *cluster, _ *http.Request, _ object) (object, error) {
	return object{"addons": names(c.addons)}, nil
}

func (s *Service) describeAddon(c *cluster, r *http.Request, _ object) (object, error) {
	addon, err := find(c.addons, r.PathValue("addon"), "addon")
	if err != nil {
		return nil, err
	}
	return object{"addon": s.withTags(addon, "addonArn")}, nil
}

func (s *Service) updateAddon(c *cluster, r *http.Request, in object) (object, error) {
	addon, err := find(c.addons, r.PathValue("addon"), "addon")
	if err != nil {
		return nil, err
	}
	awsapi.CopyFields(addon, in, "addonVersion", "configurationValues", "serviceAccountRoleArn")
	return update("AddonUpdate"), nil
}

func (s *Service) deleteAddon(c *cluster, r *http.Request, _ object) (object, error) {
	addon, err := find(c.addons, r.PathValue("addon"), "addon")
	if err != nil {
		return nil, err
	}
	delete(c.addons, r.PathValue("addon"))
	delete(s.tags, awsapi.Text(addon, "addonArn"))
	addon["status"] = "DELETING"
	if s.config.Nodes != nil {
		s.config.Nodes.Addon(r.PathValue("addon"), false)
	}
	return object{"addon": addon}, nil
}
