// Package podidentity is the two halves of EKS Pod Identity that are in a cluster: what tells a pod where its credentials are, when
// it is made, and the agent of a node that gives them to it.
package podidentity

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	admission "k8s.io/api/admission/v1"
	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
)

const (
	// Address is where the agent listens on every node, and audience whom the pods' tokens are for
	// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
	Address  = "169.254.170.23"
	audience = "pods.eks.amazonaws.com"

	volume = "eks-pod-identity-token"
	folder = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
	most   = 10 << 20 // bytes of a request
)

// Agent responds to a pod's token with the credentials of its service account's role.
type Agent struct {
	Kubernetes kubernetes.Interface
	EKS        *eks.Service
}

// ServeHTTP implements http.Handler.
func (a Agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/credentials" {
		http.NotFound(w, r)
		return
	}
	review, err := a.Kubernetes.AuthenticationV1().TokenReviews().Create(r.Context(), &authentication.TokenReview{
		Spec: authentication.TokenReviewSpec{Token: r.Header.Get("Authorization"), Audiences: []string{audience}},
	}, meta.CreateOptions{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	account, ok := strings.CutPrefix(review.Status.User.Username, "system:serviceaccount:")
	if !review.Status.Authenticated || !ok {
		http.Error(w, "the token is no service account's for "+audience, http.StatusForbidden)
		return
	}
	namespace, name, _ := strings.Cut(account, ":")
	credentials, err := a.EKS.Assume(r.Context(), namespace, name)
	switch {
	case errors.Is(err, eks.ErrNoAssociation):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(credentials) // the pod may be gone
	}
}

// Webhook completes new pods whose service account has an association.
type Webhook struct {
	EKS    *eks.Service
	Region string
	// AWS is the address of the AWS API for pods. On AWS they need none.
	AWS string
}

// ServeHTTP implements http.Handler.
func (h Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admission.AdmissionReview
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err == nil {
		err = json.Unmarshal(body, &review)
	}
	if err != nil || review.Request == nil {
		http.Error(w, "expected an AdmissionReview", http.StatusBadRequest)
		return
	}
	review.Response = &admission.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if patch, err := h.patch(review.Request); err == nil && patch != nil { // what is no pod is not this one's business
		kind := admission.PatchTypeJSONPatch
		review.Response.Patch, review.Response.PatchType = patch, &kind
	}
	review.Request = nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // the API server may be gone
}

// operation is one of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

func (h Webhook) patch(request *admission.AdmissionRequest) ([]byte, error) {
	var pod core.Pod
	if err := json.Unmarshal(request.Object.Raw, &pod); err != nil {
		return nil, err
	}
	account := pod.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	if _, err := h.EKS.RoleOf(request.Namespace, account); err != nil {
		return nil, nil //nolint:nilerr,nilnil // most pods have none
	}
	complete(&pod.Spec, []core.EnvVar{
		{Name: "AWS_STS_REGIONAL_ENDPOINTS", Value: "regional"},
		{Name: "AWS_DEFAULT_REGION", Value: h.Region}, {Name: "AWS_REGION", Value: h.Region},
		{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: "http://" + Address + "/v1/credentials"},
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: folder + "/" + volume},
		{Name: "AWS_ENDPOINT_URL", Value: h.AWS},
	})
	return json.Marshal([]operation{{"replace", "/spec", pod.Spec}})
}

// complete gives every container the variables, unless it has them, and the token.
func complete(spec *core.PodSpec, variables []core.EnvVar) {
	expires := int64(24 * 60 * 60)
	spec.Volumes = append(spec.Volumes, core.Volume{Name: volume, VolumeSource: core.VolumeSource{Projected: &core.ProjectedVolumeSource{
		Sources: []core.VolumeProjection{{ServiceAccountToken: &core.ServiceAccountTokenProjection{Audience: audience, ExpirationSeconds: &expires, Path: volume}}},
	}}})
	for _, containers := range [][]core.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			c := &containers[i]
			has := map[string]bool{}
			for _, v := range c.Env {
				has[v.Name] = true
			}
			for _, v := range variables {
				if !has[v.Name] {
					c.Env = append(c.Env, v)
				}
			}
			c.VolumeMounts = append(c.VolumeMounts, core.VolumeMount{Name: volume, MountPath: folder, ReadOnly: true})
		}
	}
}
