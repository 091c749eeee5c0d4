package rules

import (
	"fmt"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/property"
)

// podRules are the rules of what runs in the cluster.
func podRules() []*Rule {
	rules := []*Rule{
		{
			ID: "pod-image-by-digest", Severity: Mandatory, Frameworks: []string{"CKV_K8S_14", "CKV_K8S_43"},
			Must:     "an image must be named by its digest",
			Remedy:   "name it as registry/repository@sha256: and the digest, without a tag: a tag can be moved to another image",
			evaluate: ofContainers(checkImage),
		},
		{
			ID: "pod-image-own-registry", Severity: Mandatory, Frameworks: []string{"CIS-EKS 5.1.4"},
			Must:     "an image must come from a private registry of AWS",
			Remedy:   "push it to a repository of the environment (docs/images.md), and name it there",
			Limits:   "does not know whose account it is: what the nodes may pull is said by their role",
			evaluate: ofContainers(checkRegistry),
		},
		{
			ID: "pod-limits", Severity: Mandatory, Frameworks: []string{"CKV_K8S_10", "CKV_K8S_11", "CKV_K8S_12", "CKV_K8S_13"},
			Must:     "a container must say how much processor time and memory it asks for, and the most that it gets",
			Remedy:   "set cpu and memory in resources.requests and resources.limits",
			evaluate: ofContainers(checkLimits),
		},
		{
			ID: "pod-restricted", Severity: Mandatory,
			Frameworks: []string{"CKV_K8S_6", "CKV_K8S_16", "CKV_K8S_20", "CKV_K8S_23", "CKV_K8S_28", "CKV_K8S_31"},
			Must:       "a pod must run without root, privileges, capabilities and system calls that it does not need",
			Remedy: "set runAsNonRoot and seccompProfile.type RuntimeDefault for the pod, and for each container allowPrivilegeEscalation false, " +
				"capabilities.drop ALL and no capability added",
			evaluate: checkRestricted,
		},
		{
			ID: "pod-read-only", Severity: Mandatory, Frameworks: []string{"CKV_K8S_22"},
			Must:     "a container must not write to its own file system",
			Remedy:   "set securityContext.readOnlyRootFilesystem to true, and mount an emptyDir where the program must write",
			evaluate: ofContainers(mustHold("securityContext.readOnlyRootFilesystem", true)),
		},
		{
			ID: "pod-not-of-the-node", Severity: Mandatory, Frameworks: []string{"CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_26"},
			Must:     "a pod must not share the network, processes, files or ports of its node",
			Remedy:   "leave out hostNetwork, hostPID, hostIPC, hostPath and hostPort; a DaemonSet alone may read " + podLogs,
			evaluate: checkNode,
		},
		{
			ID: "pod-secrets-in-files", Severity: Mandatory, Frameworks: []string{"CKV_K8S_35"},
			Must:     "a secret must not be a variable of a container",
			Remedy:   "give it to the workload as one of its Secrets, which are files that follow their rotation",
			evaluate: ofContainers(checkVariables),
		},
	}
	for _, rule := range rules {
		rule.Types = []string{pod, deployment, statefulSet, daemonSet, job, cronJob}
	}
	return rules
}

// podPath is where the description of the pods is, in a resource of the type.
func podPath(token string) string {
	switch token {
	case pod:
		return "spec."
	case cronJob:
		return "spec.jobTemplate.spec.template.spec."
	default:
		return "spec.template.spec."
	}
}

// ofContainers checks each container of a pod, those that run before the others as well.
func ofContainers(check func(container property.Object) []string) evaluation {
	return func(_ Environment, r *Resource) []string {
		var seen []string
		for _, list := range []string{"initContainers", "containers"} {
			path := podPath(r.Type) + list
			for i, container := range r.Properties.Objects(path).Value {
				for _, s := range check(container) {
					seen = append(seen, fmt.Sprintf("%s.%d.%s", path, i, s))
				}
			}
		}
		return seen
	}
}

func checkImage(c property.Object) []string {
	if v := c.Text("image"); v.Unknown() || v.Known() && awsvalue.ImageDigest.Valid(v.Value) {
		return nil
	}
	return []string{c.Describe("image")}
}

func checkRegistry(c property.Object) []string {
	if v := c.Text("image"); v.Unknown() || v.Known() && awsvalue.RegistryImage.Valid(v.Value) {
		return nil
	}
	return []string{c.Describe("image")}
}

func checkLimits(c property.Object) []string {
	var seen []string
	for _, path := range []string{"resources.requests.cpu", "resources.requests.memory", "resources.limits.cpu", "resources.limits.memory"} {
		if v := c.Text(path); v.Unknown() || v.Known() && v.Value != "" && v.Value != "0" {
			continue
		}
		seen = append(seen, c.Describe(path))
	}
	return seen
}

// mustHold demands a boolean that Kubernetes does not set by itself as wanted.
func mustHold(path string, want bool) func(property.Object) []string {
	return func(o property.Object) []string {
		if v := o.Bool(path); v.Unknown() || v.Known() && v.Value == want {
			return nil
		}
		return []string{o.Describe(path)}
	}
}

func checkRestricted(env Environment, r *Resource) []string {
	spec := podPath(r.Type)
	var seen []string
	if r.Properties.State(strings.TrimSuffix(spec, ".")) == property.Unknown {
		return nil
	}
	seen = append(seen, mustHold(spec+"securityContext.runAsNonRoot", true)(r.Properties)...)
	profile := spec + "securityContext.seccompProfile.type"
	if v := r.Properties.Text(profile); !v.Unknown() && (!v.Known() || v.Value != "RuntimeDefault") {
		seen = append(seen, r.Properties.Describe(profile))
	}
	return append(seen, ofContainers(checkPrivileges)(env, r)...)
}

func checkPrivileges(c property.Object) []string {
	seen := mustHold("securityContext.allowPrivilegeEscalation", false)(c)
	for path, wrong := range map[string]bool{"securityContext.privileged": true, "securityContext.runAsNonRoot": false} {
		if v := c.Bool(path); v.Known() && v.Value == wrong {
			seen = append(seen, c.Describe(path))
		}
	}
	if v := c.Text("securityContext.seccompProfile.type"); v.Known() && v.Value != "RuntimeDefault" {
		seen = append(seen, c.Describe("securityContext.seccompProfile.type"))
	}
	drop := c.Texts("securityContext.capabilities.drop")
	if !drop.Unknown() && !drop.Partial && (len(drop.Value) != 1 || drop.Value[0] != "ALL") {
		seen = append(seen, "securityContext.capabilities.drop is not ALL")
	}
	if added := c.Texts("securityContext.capabilities.add"); len(added.Value) > 0 {
		seen = append(seen, "securityContext.capabilities.add is not empty")
	}
	return seen
}

func checkNode(env Environment, r *Resource) []string {
	spec := podPath(r.Type)
	var seen []string
	for _, name := range []string{"hostNetwork", "hostPID", "hostIPC"} {
		seen = append(seen, mustNotBeTrue(spec+name)(env, r)...)
	}
	for i, volume := range r.Properties.Objects(spec + "volumes").Value {
		if state := volume.State("hostPath"); state != property.Missing && state != property.Null && state != property.Unknown {
			if !mayReadLogs(r, volume) {
				seen = append(seen, fmt.Sprintf("%svolumes.%d is a folder of the node", spec, i))
			}
		}
	}
	return append(seen, ofContainers(func(c property.Object) []string {
		var seen []string
		for i, port := range c.Objects("ports").Value {
			if v := port.Number("hostPort"); v.Known() && v.Value != 0 {
				seen = append(seen, fmt.Sprintf("ports.%d.%s", i, port.Describe("hostPort")))
			}
		}
		return seen
	})(env, r)...)
}

// podLogs is the folder of a node with what its containers log.
const podLogs = "/var/log/pods"

// mayReadLogs says whether a volume is the folder of the containers' logs, which what runs on each node may mount to read.
func mayReadLogs(r *Resource, volume property.Object) bool {
	path, name := volume.Text("hostPath.path"), volume.Text("name")
	if path.Unknown() || name.Unknown() {
		return true // not judged yet
	}
	return r.Type == daemonSet && path.Known() && path.Value == podLogs && len(ofContainers(func(c property.Object) (writes []string) {
		for _, mount := range c.Objects("volumeMounts").Value {
			if of := mount.Text("name"); of.Known() && of.Value == name.Value {
				writes = append(writes, mustHold("readOnly", true)(mount)...)
			}
		}
		return writes
	})(Environment{}, r)) == 0
}

// checkVariables refuses values that the engine keeps secret, and those that Kubernetes would take out of one of its Secrets.
func checkVariables(c property.Object) []string {
	var seen []string
	for i, variable := range c.Objects("env").Value {
		if v := variable.Value("value"); v.Secret || v.Value.HasSecrets() {
			seen = append(seen, fmt.Sprintf("env.%d.value is secret", i))
		}
		if variable.State("valueFrom.secretKeyRef") == property.Known {
			seen = append(seen, fmt.Sprintf("env.%d.valueFrom.secretKeyRef is set", i))
		}
	}
	for i, source := range c.Objects("envFrom").Value {
		if source.State("secretRef") == property.Known {
			seen = append(seen, fmt.Sprintf("envFrom.%d.secretRef is set", i))
		}
	}
	return seen
}
