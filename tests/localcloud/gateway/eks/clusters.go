package eks

import (
	"maps"
	"net/http"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

func (s *Service) createCluster(r *http.Request, in object) (object, error) {
	name := awsapi.Text(in, "name")
	if name == "" {
		return nil, awsapi.BadRequest("InvalidParameterException", "the cluster has no name")
	}
	if _, exists := s.clusters[name]; exists {
		return nil, errInUse("Cluster already exists with name: %s", name)
	}
	if err := s.checkZones(r.Context(), name, in); err != nil {
		return nil, err
	}
	arn := s.arn("cluster/" + name)
	network := object{
		"endpointPublicAccess": true, "endpointPrivateAccess": false, "publicAccessCidrs": []any{"0.0.0.0/0"},
		"securityGroupIds": []any{}, "subnetIds": []any{},
	}
	asked, _ := in["resourcesVpcConfig"].(object)
	maps.Copy(network, asked)
	shown := object{
		"name": name, "arn": arn, "createdAt": now(), "status": "ACTIVE", "platformVersion": "eks.1",
		"endpoint":                s.config.APIServer.Endpoint,
		"certificateAuthority":    object{"data": s.config.APIServer.CertificateAuthority},
		"identity":                object{"oidc": object{"issuer": "https://oidc.eks." + s.config.Account.Region + ".amazonaws.com/id/" + uuid.NewString()}},
		"kubernetesNetworkConfig": object{"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"},
		"logging":                 object{"clusterLogging": []any{}},
		"health":                  object{"issues": []any{}},
		"upgradePolicy":           object{"supportType": "EXTENDED"},
		"accessConfig":            object{"authenticationMode": "CONFIG_MAP"},
		"resourcesVpcConfig":      network,
	}
	awsapi.CopyFields(shown, in, "version", "roleArn", "encryptionConfig", "logging", "upgradePolicy", "deletionProtection", "zonalShiftConfig")
	access, _ := in["accessConfig"].(object)
	if access != nil {
		shown["accessConfig"] = access
	}
	s.keepTags(arn, in)
	made := &cluster{
		shown: shown, nodeGroups: map[string]object{}, addons: map[string]object{},
		accessEntries: map[string]*accessEntry{}, podIdentities: map[string]object{},
	}
	s.clusters[name] = made
	return object{"cluster": s.withTags(shown, "arn")}, nil
}

func (s *Service) listClusters(*http.Request, object) (object, error) {
	return object{"clusters": names(s.clusters)}, nil
}

func (s *Service) describeCluster(c *cluster, _ *http.Request, _ object) (object, error) {
	return object{"cluster": s.withTags(c.shown, "arn")}, nil
}

// updateClusterConfig takes any of what the request may carry.
func (s *Service) updateClusterConfig(c *cluster, _ *http.Request, in object) (object, error) {
	awsapi.CopyFields(c.shown, in, "logging", "upgradePolicy", "deletionProtection", "zonalShiftConfig")
	for _, part := range []string{"resourcesVpcConfig", "accessConfig"} {
		changed, _ := in[part].(object)
		if old, ok := c.shown[part].(object); ok {
			maps.Copy(old, changed)
		}
	}
	return update("ConfigUpdate"), nil
}

func (s *Service) updateClusterVersion(c *cluster, _ *http.Request, in object) (object, error) {
	awsapi.CopyFields(c.shown, in, "version")
	return update("VersionUpdate"), nil
}

// deleteCluster takes with it all but node groups, which must be gone before.
func (s *Service) deleteCluster(c *cluster, r *http.Request, _ object) (object, error) {
	if len(c.nodeGroups) > 0 {
		return nil, errInUse("Cluster has nodegroups attached: %v", names(c.nodeGroups))
	}
	out := s.withTags(c.shown, "arn")
	out["status"] = "DELETING"
	delete(s.tags, awsapi.Text(c.shown, "arn"))
	for _, a := range c.addons {
		delete(s.tags, awsapi.Text(a, "addonArn"))
	}
	for _, entry := range c.accessEntries {
		delete(s.tags, awsapi.Text(entry.shown, "accessEntryArn"))
	}
	for _, identity := range c.podIdentities {
		delete(s.tags, awsapi.Text(identity, "associationArn"))
	}
	delete(s.clusters, r.PathValue("cluster"))
	return object{"cluster": out}, nil
}
