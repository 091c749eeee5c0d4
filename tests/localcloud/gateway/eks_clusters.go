package gateway

import (
	"maps"
	"net/http"

	"github.com/google/uuid"
)

func (e *eks) createCluster(_ *http.Request, in object) (object, error) {
	name := text(in, "name")
	if name == "" {
		return nil, badRequest("InvalidParameterException", "the cluster has no name")
	}
	if _, exists := e.clusters[name]; exists {
		return nil, errInUse("Cluster already exists with name: %s", name)
	}
	arn := e.arn("cluster/" + name)
	network := object{
		"endpointPublicAccess": true, "endpointPrivateAccess": false, "publicAccessCidrs": []any{"0.0.0.0/0"},
		"securityGroupIds": []any{}, "subnetIds": []any{},
	}
	asked, _ := in["resourcesVpcConfig"].(object)
	maps.Copy(network, asked)
	shown := object{
		"name": name, "arn": arn, "createdAt": now(), "status": "ACTIVE", "platformVersion": "eks.1",
		"endpoint":                e.config.Kubernetes.Endpoint,
		"certificateAuthority":    object{"data": e.config.Kubernetes.CertificateAuthority},
		"identity":                object{"oidc": object{"issuer": "https://oidc.eks." + e.config.Region + ".amazonaws.com/id/" + uuid.NewString()}},
		"kubernetesNetworkConfig": object{"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"},
		"logging":                 object{"clusterLogging": []any{}},
		"health":                  object{"issues": []any{}},
		"upgradePolicy":           object{"supportType": "EXTENDED"},
		"accessConfig":            object{"authenticationMode": "CONFIG_MAP"},
		"resourcesVpcConfig":      network,
	}
	put(shown, in, "version", "roleArn", "encryptionConfig", "logging", "upgradePolicy", "deletionProtection", "zonalShiftConfig")
	access, _ := in["accessConfig"].(object)
	if access != nil {
		shown["accessConfig"] = access
	}
	e.keepTags(arn, in)
	made := &eksCluster{
		shown: shown, nodeGroups: map[string]object{}, addons: map[string]object{},
		entries: map[string]*accessEntry{}, identities: map[string]object{},
	}
	e.clusters[name] = made
	return object{"cluster": e.withTags(shown, "arn")}, nil
}

func (e *eks) listClusters(*http.Request, object) (object, error) {
	return object{"clusters": names(e.clusters)}, nil
}

func (e *eks) describeCluster(r *http.Request, _ object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	return object{"cluster": e.withTags(c.shown, "arn")}, nil
}

// updateClusterConfig takes any of what the request may carry.
func (e *eks) updateClusterConfig(r *http.Request, in object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	put(c.shown, in, "logging", "upgradePolicy", "deletionProtection", "zonalShiftConfig")
	for _, part := range []string{"resourcesVpcConfig", "accessConfig"} {
		changed, _ := in[part].(object)
		if old, ok := c.shown[part].(object); ok {
			maps.Copy(old, changed)
		}
	}
	return update("ConfigUpdate"), nil
}

func (e *eks) updateClusterVersion(r *http.Request, in object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	put(c.shown, in, "version")
	return update("VersionUpdate"), nil
}

// deleteCluster takes with it all but node groups, which must be gone before.
func (e *eks) deleteCluster(r *http.Request, _ object) (object, error) {
	c, err := e.cluster(r)
	if err != nil {
		return nil, err
	}
	if len(c.nodeGroups) > 0 {
		return nil, errInUse("Cluster has nodegroups attached: %v", names(c.nodeGroups))
	}
	out := e.withTags(c.shown, "arn")
	out["status"] = "DELETING"
	delete(e.tags, text(c.shown, "arn"))
	for _, a := range c.addons {
		delete(e.tags, text(a, "addonArn"))
	}
	for _, entry := range c.entries {
		delete(e.tags, text(entry.shown, "accessEntryArn"))
	}
	for _, identity := range c.identities {
		delete(e.tags, text(identity, "associationArn"))
	}
	delete(e.clusters, r.PathValue("cluster"))
	return object{"cluster": out}, nil
}
