package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

// clusterRules are the rules of Kubernetes clusters and their nodes.
func clusterRules() []*Rule {
	cluster, nodes := []string{eksCluster}, []string{eksNodeGroup}
	return []*Rule{
		{
			ID: "eks-endpoint-private", Severity: Production, Frameworks: []string{"EKS.1", "CKV_AWS_39", "CIS-EKS 5.4"}, Types: cluster,
			Must:   "the API server of a cluster must not be reachable from the internet",
			Remedy: "set vpcConfig.endpointPublicAccess to false and vpcConfig.endpointPrivateAccess to true",
			judge:  mustBe("vpcConfig.endpointPublicAccess", false, false),
		},
		{
			ID: "eks-endpoint-not-open-to-all", Severity: Mandatory, Frameworks: []string{"CKV_AWS_38"}, Types: cluster,
			Must:   "a public API server must not be open to the whole internet",
			Remedy: "list the networks that need it in vpcConfig.publicAccessCidrs, or make the endpoint private",
			judge:  judgeEndpointNetworks,
		},
		{
			ID: "eks-version-supported", Severity: Mandatory, Frameworks: []string{"EKS.2"}, Types: cluster,
			Must:   "a cluster must run a Kubernetes version in standard support",
			Remedy: "set version to one in standard support",
			Limits: "goes by the support calendar beside the price catalogue; a version newer than it passes",
			judge:  judgeKubernetesVersion,
		},
		{
			ID: "eks-standard-support", Severity: Advisory, Frameworks: []string{"own"}, Types: cluster,
			Must:   "a cluster should be upgraded rather than billed for extended support, six times the price",
			Remedy: "set upgradePolicy.supportType to STANDARD",
			judge:  mustBeOneOf("upgradePolicy.supportType", "STANDARD"),
		},
		{
			ID: "eks-secrets-encrypted", Severity: Mandatory, Frameworks: []string{"EKS.3", "CKV_AWS_58", "CIS-EKS 5.3"}, Types: cluster,
			Must:   "the secrets of a cluster must be encrypted with an own key",
			Remedy: "set encryptionConfig.provider.keyArn and name secrets in encryptionConfig.resources",
			judge:  judgeSecretsEncryption,
		},
		{
			ID: "eks-audit-log", Severity: Mandatory, Frameworks: []string{"EKS.8", "CIS-EKS 2.1"}, Types: cluster,
			Must:   "a cluster must keep its audit log",
			Remedy: "add audit to enabledClusterLogTypes",
			judge:  judgeLogTypes("audit"),
		},
		{
			ID: "eks-all-logs", Severity: Production, Frameworks: []string{"CKV_AWS_37"}, Types: cluster,
			Must:   "a cluster must keep all logs of its control plane",
			Remedy: "list api, audit, authenticator, controllerManager and scheduler in enabledClusterLogTypes",
			judge:  judgeLogTypes("api", "authenticator", "controllerManager", "scheduler"),
		},
		{
			ID: "eks-access-entries", Severity: Mandatory, Frameworks: []string{"CIS-EKS 4.1"}, Types: cluster,
			Must:   "access to a cluster must be given by access entries alone",
			Remedy: "set accessConfig.authenticationMode to API",
			judge:  mustBeOneOf("accessConfig.authenticationMode", "API"),
		},
		{
			ID: "eks-few-administrators", Severity: Mandatory, Frameworks: []string{"CIS-EKS 4.1"}, Types: cluster,
			Must:       fmt.Sprintf("at most %d identities may administer a cluster", maxAdministrators),
			Remedy:     "give the others AmazonEKSEditPolicy or AmazonEKSViewPolicy, or a group of their own",
			Limits:     "counts the access policy associations of the stack; those made elsewhere are not seen",
			judgeStack: judgeAdministrators,
		},
		{
			ID: "eks-node-launch-template", Severity: Mandatory, Frameworks: []string{"CIS-EKS 3.1", "CIS-EKS 3.2"}, Types: nodes,
			Must:   "nodes must start from a launch template, where their disks and metadata service are set",
			Remedy: "set launchTemplate",
			judge:  judgeLaunchTemplate,
		},
		{
			ID: "eks-node-role-least-privilege", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.2", "CIS-EKS 5.3"}, Types: nodes,
			Must:       "the role of nodes must have no more of AWS's own policies than nodes need",
			Remedy:     "attach only " + strings.Join(nodePolicies, ", ") + "; give workloads roles of their own",
			Limits:     "judges AWS's own policies; written policies are judged by the rules of IAM",
			judgeStack: judgeNodeRoles,
		},
		{
			ID: "eks-workload-identity", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.2"}, Types: cluster,
			Must:       "workloads must get AWS permissions by an identity of their own",
			Remedy:     "add the add-on eks-pod-identity-agent or an OpenID Connect provider",
			Limits:     "sees add-ons and providers of the same stack",
			judgeStack: judgeWorkloadIdentity,
		},
		{
			ID: "eks-network-policy", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.4"}, Types: cluster,
			Must:       "a cluster must enforce network policies",
			Remedy:     `add the add-on vpc-cni with configurationValues {"enableNetworkPolicy": "true"}`,
			Limits:     "sees add-ons of the same stack; a cluster with another network plugin needs an exemption",
			judgeStack: judgeNetworkPolicy,
		},
	}
}

func judgeEndpointNetworks(_ Environment, r *Resource) []string {
	public := r.Properties.Bool("vpcConfig.endpointPublicAccess")
	networks := r.Properties.Texts("vpcConfig.publicAccessCidrs")
	if public.Unknown() || public.Known() && !public.Value || networks.Unknown() {
		return nil
	}
	if len(networks.Value) == 0 && !networks.Partial {
		return []string{"it is public and vpcConfig.publicAccessCidrs names no network, which means all"}
	}
	for _, network := range networks.Value {
		if wholeInternet(network) {
			return []string{"vpcConfig.publicAccessCidrs includes " + network}
		}
	}
	return nil
}

func judgeKubernetesVersion(env Environment, r *Resource) []string {
	version := r.Properties.Text("version")
	if version.Unknown() {
		return nil
	}
	if !version.Known() {
		return []string{r.Properties.Describe("version")}
	}
	calendar, _ := env.Prices.Support("AmazonEKS", "kubernetes", version.Value)
	if calendar.PhaseOn(env.Today) == catalogue.Standard {
		return nil
	}
	return []string{fmt.Sprintf("%s, billed as extended support since %s", r.Properties.Describe("version"), calendar.Extended.Format(time.DateOnly))}
}

func judgeSecretsEncryption(_ Environment, r *Resource) []string {
	if seen := mustBeSet("encryptionConfig.provider.keyArn")(Environment{}, r); seen != nil {
		return seen
	}
	if missingFrom(r, "encryptionConfig.resources", "secrets") != nil {
		return []string{"encryptionConfig.resources does not name secrets"}
	}
	return nil
}

func judgeLogTypes(wanted ...string) judge {
	return func(_ Environment, r *Resource) []string {
		missing := missingFrom(r, "enabledClusterLogTypes", wanted...)
		if missing == nil {
			return nil
		}
		return []string{"enabledClusterLogTypes lacks " + strings.Join(missing, ", ")}
	}
}

func judgeLaunchTemplate(_ Environment, r *Resource) []string {
	template := r.Properties.Object("launchTemplate")
	if template.Unknown() || template.Known() {
		return nil
	}
	return []string{r.Properties.Describe("launchTemplate")}
}

const (
	maxAdministrators     = 3
	clusterAdminPolicyEnd = ":cluster-access-policy/AmazonEKSClusterAdminPolicy"
)

func judgeAdministrators(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, cluster := range s.ofType(eksCluster) {
		administrators := 0
		for _, association := range s.ofCluster(cluster, eksPolicyAssociation) {
			if strings.HasSuffix(association.Properties.Text("policyArn").Value, clusterAdminPolicyEnd) {
				administrators++
			}
		}
		if administrators > maxAdministrators {
			sightings = append(sightings, sighting{cluster, fmt.Sprintf("%d have AmazonEKSClusterAdminPolicy", administrators)})
		}
	}
	return sightings
}

// ofCluster gives what names a cluster in its clusterName. A stack's only cluster is meant by all of them.
func (s *Stack) ofCluster(cluster *Resource, token string) []*Resource {
	if len(s.ofType(eksCluster)) == 1 {
		return s.ofType(token)
	}
	return s.pointingAt(cluster, "clusterName", token)
}

// nodePolicies are AWS's own policies that nodes may have.
var nodePolicies = []string{
	"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKS_CNI_Policy",
	"AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly", "AmazonSSMManagedInstanceCore",
}

func judgeNodeRoles(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, group := range s.ofType(eksNodeGroup) {
		for _, role := range s.referred(group, "nodeRoleArn", iamRole) {
			for _, attachment := range s.pointingAt(role, "role", iamRoleAttachment) {
				if policy, excessive := excessiveNodePolicy(attachment.Properties.Text("policyArn").Value); excessive {
					sightings = append(sightings, sighting{group, fmt.Sprintf("the role %s has %s", role.Name, policy)})
				}
			}
		}
	}
	return sightings
}

// excessiveNodePolicy names AWS's own policy of an ARN when nodes do not need it.
func excessiveNodePolicy(arn string) (string, bool) {
	name, isAWS := strings.CutPrefix(arn, "arn:aws:iam::aws:policy/")
	return name, isAWS && !slices.Contains(nodePolicies, name)
}

func judgeWorkloadIdentity(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, cluster := range s.ofType(eksCluster) {
		_, has := s.addon(cluster, "eks-pod-identity-agent")
		if !has && len(s.ofType(openIDProvider)) == 0 {
			sightings = append(sightings, sighting{cluster, "the stack has neither for it"})
		}
	}
	return sightings
}

func judgeNetworkPolicy(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, cluster := range s.ofType(eksCluster) {
		addon, ok := s.addon(cluster, "vpc-cni")
		if !ok {
			sightings = append(sightings, sighting{cluster, "the stack has no add-on vpc-cni for it"})
			continue
		}
		name, values := addon.Properties.Text("addonName"), addon.Properties.Text("configurationValues")
		if name.Known() && !values.Unknown() && !enablesNetworkPolicy(values.Value) {
			sightings = append(sightings, sighting{cluster, "its add-on vpc-cni does not enable them"})
		}
	}
	return sightings
}

// addon finds an add-on of a cluster by its name, or else one whose name is not known yet, for it may be the one.
func (s *Stack) addon(cluster *Resource, name string) (found *Resource, ok bool) {
	for _, addon := range s.ofCluster(cluster, eksAddon) {
		given := addon.Properties.Text("addonName")
		if given.Known() && given.Value == name {
			return addon, true
		}
		if given.Unknown() {
			found = addon
		}
	}
	return found, found != nil
}

// enablesNetworkPolicy judges the configuration of the vpc-cni add-on, which takes the word and the boolean.
func enablesNetworkPolicy(configuration string) bool {
	var values struct {
		Enable any `json:"enableNetworkPolicy"`
	}
	if json.Unmarshal([]byte(configuration), &values) != nil {
		return false
	}
	return values.Enable == true || values.Enable == "true"
}
