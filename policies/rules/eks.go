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
			Must:     "the API server of a cluster must not be reachable from the internet",
			Remedy:   "set vpcConfig.endpointPublicAccess to false and vpcConfig.endpointPrivateAccess to true",
			evaluate: mustBe("vpcConfig.endpointPublicAccess", false, false),
		},
		{
			ID: "eks-endpoint-not-open-to-all", Severity: Mandatory, Frameworks: []string{"CKV_AWS_38"}, Types: cluster,
			Must:     "a public API server must not be open to the whole internet",
			Remedy:   "list the networks that need it in vpcConfig.publicAccessCidrs, or make the endpoint private",
			evaluate: checkEndpointNetworks,
		},
		{
			ID: "eks-version-supported", Severity: Mandatory, Frameworks: []string{"EKS.2"}, Types: cluster,
			Must:     "a cluster must run a Kubernetes version in standard support",
			Remedy:   "set version to one in standard support",
			Limits:   "uses the support calendar beside the price catalogue; a version newer than the calendar passes",
			evaluate: checkKubernetesVersion,
		},
		{
			ID: "eks-standard-support", Severity: Advisory, Frameworks: []string{"own"}, Types: cluster,
			Must:     "a cluster should be upgraded rather than billed for extended support, six times the price",
			Remedy:   "set upgradePolicy.supportType to STANDARD",
			evaluate: mustBeOneOf("upgradePolicy.supportType", "STANDARD"),
		},
		{
			ID: "eks-secrets-encrypted", Severity: Mandatory, Frameworks: []string{"EKS.3", "CKV_AWS_58", "CIS-EKS 5.3"}, Types: cluster,
			Must:     "the secrets of a cluster must be encrypted with a customer-managed key",
			Remedy:   "set encryptionConfig.provider.keyArn and name secrets in encryptionConfig.resources",
			evaluate: checkSecretsEncryption,
		},
		{
			ID: "eks-audit-log", Severity: Mandatory, Frameworks: []string{"EKS.8", "CIS-EKS 2.1"}, Types: cluster,
			Must:     "a cluster must keep its audit log",
			Remedy:   "add audit to enabledClusterLogTypes",
			evaluate: checkLogTypes("audit"),
		},
		{
			ID: "eks-all-logs", Severity: Production, Frameworks: []string{"CKV_AWS_37"}, Types: cluster,
			Must:     "a cluster must keep all logs of its control plane",
			Remedy:   "list api, audit, authenticator, controllerManager and scheduler in enabledClusterLogTypes",
			evaluate: checkLogTypes("api", "authenticator", "controllerManager", "scheduler"),
		},
		{
			ID: "eks-access-entries", Severity: Mandatory, Frameworks: []string{"CIS-EKS 4.1"}, Types: cluster,
			Must:     "access to a cluster must be granted by access entries only",
			Remedy:   "set accessConfig.authenticationMode to API",
			evaluate: mustBeOneOf("accessConfig.authenticationMode", "API"),
		},
		{
			ID: "eks-few-administrators", Severity: Mandatory, Frameworks: []string{"CIS-EKS 4.1"}, Types: cluster,
			Must:          fmt.Sprintf("at most %d identities may administer a cluster", maxAdministrators),
			Remedy:        "give the others AmazonEKSEditPolicy or AmazonEKSViewPolicy, or their own group",
			Limits:        "counts the access policy associations of the stack; those made elsewhere are not seen",
			evaluateStack: checkAdministrators,
		},
		{
			ID: "eks-node-launch-template", Severity: Mandatory, Frameworks: []string{"CIS-EKS 3.1", "CIS-EKS 3.2"}, Types: nodes,
			Must:     "nodes must use a launch template, which configures their disks and metadata service",
			Remedy:   "set launchTemplate",
			evaluate: checkLaunchTemplate,
		},
		{
			ID: "eks-node-role-least-privilege", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.2", "CIS-EKS 5.3"}, Types: nodes,
			Must:          "the node role must have only the AWS managed policies that nodes need",
			Remedy:        "attach only " + strings.Join(nodePolicies, ", ") + "; give workloads their own roles",
			Limits:        "checks AWS managed policies; the IAM rules check the others",
			evaluateStack: checkNodeRoles,
		},
		{
			ID: "eks-workload-identity", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.2"}, Types: cluster,
			Must:          "workloads must get AWS permissions through their own identity",
			Remedy:        "add the add-on eks-pod-identity-agent or an OpenID Connect provider",
			Limits:        "sees add-ons and providers of the same stack",
			evaluateStack: checkWorkloadIdentity,
		},
		{
			ID: "eks-network-policy", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.4"}, Types: cluster,
			Must:          "a cluster must enforce network policies",
			Remedy:        `add the add-on vpc-cni with configurationValues {"enableNetworkPolicy": "true"}`,
			Limits:        "sees add-ons of the same stack; a cluster with another network plugin needs an exemption",
			evaluateStack: checkNetworkPolicy,
		},
	}
}

func checkEndpointNetworks(_ Environment, r *Resource) []string {
	public := r.Properties.Bool("vpcConfig.endpointPublicAccess")
	networks := r.Properties.Texts("vpcConfig.publicAccessCidrs")
	if public.Unknown() || public.Known() && !public.Value || networks.Unknown() {
		return nil
	}
	if len(networks.Value) == 0 && !networks.Partial {
		return []string{"it is public and vpcConfig.publicAccessCidrs is empty, which means all networks"}
	}
	for _, network := range networks.Value {
		if wholeInternet(network) {
			return []string{"vpcConfig.publicAccessCidrs includes " + network}
		}
	}
	return nil
}

func checkKubernetesVersion(env Environment, r *Resource) []string {
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

func checkSecretsEncryption(_ Environment, r *Resource) []string {
	if seen := mustBeSet("encryptionConfig.provider.keyArn")(Environment{}, r); seen != nil {
		return seen
	}
	if missingFrom(r, "encryptionConfig.resources", "secrets") != nil {
		return []string{"encryptionConfig.resources does not name secrets"}
	}
	return nil
}

func checkLogTypes(required ...string) evaluation {
	return func(_ Environment, r *Resource) []string {
		missing := missingFrom(r, "enabledClusterLogTypes", required...)
		if missing == nil {
			return nil
		}
		return []string{"enabledClusterLogTypes lacks " + strings.Join(missing, ", ")}
	}
}

func checkLaunchTemplate(_ Environment, r *Resource) []string {
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

func checkAdministrators(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, cluster := range s.ofType(eksCluster) {
		administrators := 0
		for _, association := range s.ofCluster(cluster, eksPolicyAssociation) {
			if strings.HasSuffix(association.Properties.Text("policyArn").Value, clusterAdminPolicyEnd) {
				administrators++
			}
		}
		if administrators > maxAdministrators {
			findings = append(findings, finding{cluster, fmt.Sprintf("%d have AmazonEKSClusterAdminPolicy", administrators)})
		}
	}
	return findings
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

func checkNodeRoles(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, group := range s.ofType(eksNodeGroup) {
		for _, role := range s.referred(group, "nodeRoleArn", iamRole) {
			for _, attachment := range s.pointingAt(role, "role", iamRoleAttachment) {
				if policy, excessive := excessiveNodePolicy(attachment.Properties.Text("policyArn").Value); excessive {
					findings = append(findings, finding{group, fmt.Sprintf("the role %s has %s", role.Name, policy)})
				}
			}
		}
	}
	return findings
}

// excessiveNodePolicy names AWS's own policy of an ARN when nodes do not need it.
func excessiveNodePolicy(arn string) (string, bool) {
	name, isAWS := strings.CutPrefix(arn, "arn:aws:iam::aws:policy/")
	return name, isAWS && !slices.Contains(nodePolicies, name)
}

func checkWorkloadIdentity(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, cluster := range s.ofType(eksCluster) {
		_, has := s.addon(cluster, "eks-pod-identity-agent")
		if !has && len(s.ofType(openIDProvider)) == 0 {
			findings = append(findings, finding{cluster, "the stack has neither for it"})
		}
	}
	return findings
}

func checkNetworkPolicy(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, cluster := range s.ofType(eksCluster) {
		addon, ok := s.addon(cluster, "vpc-cni")
		if !ok {
			findings = append(findings, finding{cluster, "the stack has no add-on vpc-cni for it"})
			continue
		}
		name, values := addon.Properties.Text("addonName"), addon.Properties.Text("configurationValues")
		if name.Known() && !values.Unknown() && !enablesNetworkPolicy(values.Value) {
			findings = append(findings, finding{cluster, "its add-on vpc-cni does not enable them"})
		}
	}
	return findings
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

// enablesNetworkPolicy reads the configuration of the vpc-cni add-on, which takes the word and the boolean.
func enablesNetworkPolicy(configuration string) bool {
	var values struct {
		Enable any `json:"enableNetworkPolicy"`
	}
	if json.Unmarshal([]byte(configuration), &values) != nil {
		return false
	}
	return values.Enable == true || values.Enable == "true"
}
