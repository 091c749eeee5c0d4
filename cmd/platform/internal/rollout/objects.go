package rollout

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
)

// objects are Deployments and ReplicaSets, as Kubernetes lists them.
type objects struct {
	Items []object `json:"items"`
}

type object struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   metadata       `json:"metadata"`
	Spec       map[string]any `json:"spec"`
	Status     status         `json:"status"`
}

type metadata struct {
	Name            string            `json:"name"`
	Namespace       string            `json:"namespace"`
	UID             string            `json:"uid"`
	Generation      int64             `json:"generation"`
	Labels          map[string]string `json:"labels"`
	Annotations     map[string]string `json:"annotations"`
	OwnerReferences []struct {
		UID string `json:"uid"`
	} `json:"ownerReferences"`
	ManagedFields []managed `json:"managedFields"`
}

// managed is whose fields are which, in Kubernetes' book-keeping.
type managed struct {
	Manager   string                                `json:"manager"`
	Operation string                                `json:"operation"`
	Fields    map[string]map[string]json.RawMessage `json:"fieldsV1"`
}

type status struct {
	ObservedGeneration int64       `json:"observedGeneration"`
	Replicas           int         `json:"replicas"`
	UpdatedReplicas    int         `json:"updatedReplicas"`
	ReadyReplicas      int         `json:"readyReplicas"`
	AvailableReplicas  int         `json:"availableReplicas"`
	Conditions         []condition `json:"conditions"`
}

type condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

const (
	annotationRevision = "deployment.kubernetes.io/revision"
	labelHash          = "pod-template-hash"
)

// lastGood is the newest version before the one that failed of which pods work; nil when there is none.
func (o objects) lastGood(d object) (good *object) {
	for i, r := range o.Items {
		if r.Kind != "ReplicaSet" || !r.ownedBy(d) || r.revision() == d.revision() || r.Status.ReadyReplicas == 0 {
			continue
		}
		if good == nil || number(r.revision()) > number(good.revision()) {
			good = &o.Items[i]
		}
	}
	return good
}

func (o object) ownedBy(d object) bool {
	for _, owner := range o.Metadata.OwnerReferences {
		if owner.UID == d.Metadata.UID {
			return true
		}
	}
	return false
}

// current are the pods of the Deployment's newest version; nil before Kubernetes has begun with it.
func (o objects) current(d object) *object {
	for i, r := range o.Items {
		if r.Kind == "ReplicaSet" && r.ownedBy(d) && r.revision() == d.revision() {
			return &o.Items[i]
		}
	}
	return nil
}

// name is the ID of the object in the engine's state, too.
func (o object) name() string { return o.Metadata.Namespace + "/" + o.Metadata.Name }

func (o object) revision() string { return o.Metadata.Annotations[annotationRevision] }

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// image is the program's.
func (o object) image() string {
	var pod struct {
		Spec struct {
			Containers []struct {
				Image string `json:"image"`
			} `json:"containers"`
		} `json:"spec"`
	}
	text, err := json.Marshal(o.Spec["template"])
	if err != nil || json.Unmarshal(text, &pod) != nil || len(pod.Spec.Containers) == 0 {
		return "unknown"
	}
	return pod.Spec.Containers[0].Image
}

// with is the Deployment with another version's pods, as its owner would apply it. Under another owner, whatever that version has and a
// later one has not would stay for ever. `kubectl rollout undo` does that.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
func (o object) with(version *object) ([]byte, error) {
	template, ok := version.Spec["template"].(map[string]any)
	if !ok {
		//page:none Kubernetes has no such ReplicaSet
		return nil, fmt.Errorf("revision %s has no pods", version.revision())
	}
	if its, ok := template["metadata"].(map[string]any); ok {
		if labels, ok := its["labels"].(map[string]any); ok {
			delete(labels, labelHash) // Kubernetes' own
		}
		delete(its, "creationTimestamp")
	}
	spec := maps.Clone(o.Spec)
	spec["template"] = template
	if !o.ownsReplicas() {
		delete(spec, "replicas") // an autoscaler decides
	}
	annotations := maps.Clone(o.Metadata.Annotations)
	delete(annotations, annotationRevision)
	return json.Marshal(map[string]any{
		"apiVersion": o.APIVersion, "kind": o.Kind, "spec": spec,
		"metadata": map[string]any{"name": o.Metadata.Name, "namespace": o.Metadata.Namespace, "labels": o.Metadata.Labels, "annotations": annotations},
	})
}

// owner is the entry of whoever applied the Deployment last: the engine's provider.
func (o object) owner() managed {
	for _, m := range o.Metadata.ManagedFields {
		if m.Operation == "Apply" {
			return m
		}
	}
	return managed{Manager: "platform"}
}

func (o object) manager() string { return o.owner().Manager }

func (o object) ownsReplicas() bool {
	_, owns := o.owner().Fields["f:spec"]["f:replicas"]
	return owns
}
