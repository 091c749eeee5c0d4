package eks

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

const (
	// TokenReviewPath is where the API server asks whose a token is (authentication.k8s.io/v1 TokenReview).
	TokenReviewPath = "/_localcloud/token-review"
	// tokenPrefix begins the tokens of `aws eks get-token`. The rest is the address of a signed request to STS, in base64
	// (https://github.com/kubernetes-sigs/aws-iam-authenticator, "How does it work").
	tokenPrefix = "k8s-aws-v1." //nolint:gosec // what every token begins with
	// clusterAdmin is the access policy that allows everything; it is the only one that the local cloud knows
	// (https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html).
	clusterAdmin = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
	// masters is the group for which the API server allows everything.
	masters = "system:masters"
)

// user is somebody whom a cluster lets in.
type user struct {
	Name   string   `json:"username"`
	Groups []string `json:"groups,omitempty"`
}

// ReviewToken says whose a token is: EKS asks STS, and lets in whom an access entry names. Every cluster leads to one API
// server, so the entry may be any cluster's.
func (s *Service) ReviewToken(w http.ResponseWriter, r *http.Request) {
	var review struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Spec       struct {
			Token string `json:"token"`
		} `json:"spec"`
		Status object `json:"status"`
	}
	body, err := awsapi.ReadBody(r)
	if err == nil {
		err = json.Unmarshal(body, &review)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	found, err := s.login(r, review.Spec.Token)
	if err != nil {
		review.Status = object{"authenticated": false, "error": err.Error()}
	} else {
		review.Status = object{"authenticated": true, "user": found}
	}
	review.Spec.Token = ""
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // the client may be gone
}

// login finds whom a token lets in; from is the request that brought it.
func (s *Service) login(from *http.Request, token string) (*user, error) {
	arn, err := s.caller(from, token)
	if err != nil {
		return nil, err
	}
	role, session, _ := strings.Cut(strings.TrimPrefix(arn, "arn:aws:sts::"+s.config.Account.ID+":assumed-role/"), "/")
	s.Lock()
	defer s.Unlock()
	for _, name := range names(s.clusters) {
		entries := s.clusters[name].accessEntries
		for _, principal := range slices.Sorted(maps.Keys(entries)) {
			if principal == arn || principal[strings.LastIndex(principal, "/")+1:] == role && strings.Contains(principal, ":role/") {
				return entries[principal].user(session), nil
			}
		}
	}
	return nil, fmt.Errorf("no access entry of a cluster names %s", arn)
}

// caller asks STS who signed the token.
func (s *Service) caller(from *http.Request, token string) (string, error) {
	encoded, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return "", fmt.Errorf("the token does not begin with %s", tokenPrefix)
	}
	address, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return "", fmt.Errorf("the token is no base64: %w", err)
	}
	signed, err := url.Parse(string(address))
	if err != nil {
		return "", fmt.Errorf("the token holds no address: %w", err)
	}
	if action := signed.Query().Get("Action"); action != "GetCallerIdentity" {
		return "", fmt.Errorf("the token's request is %q, expected GetCallerIdentity", action)
	}
	// The emulator takes a signature in an address for one of S3, so it is moved to a header.
	ask, err := http.NewRequestWithContext(from.Context(), http.MethodPost, "http://"+from.Host+"/", //nolint:gosec // answered within the process
		strings.NewReader("Action=GetCallerIdentity&Version=2011-06-15"))
	if err != nil {
		return "", err
	}
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+signed.Query().Get("X-Amz-Credential")+", SignedHeaders=host, Signature=0")
	response := awsapi.Forward(s.config.Callers, ask)
	if arn := response.XMLText("./GetCallerIdentityResponse/GetCallerIdentityResult/Arn"); response.OK() && arn != "" {
		return arn, nil
	}
	return "", errors.New("STS does not know who signed the token")
}

// user is the principal as the API server sees it. Without the policy of an administrator, it may do what Kubernetes' own
// rules allow its groups.
func (e *accessEntry) user(session string) *user {
	u := &user{Name: strings.ReplaceAll(awsapi.Text(e.shown, "username"), "{{SessionName}}", session)}
	groups, _ := e.shown["kubernetesGroups"].([]any)
	for _, group := range groups {
		u.Groups = append(u.Groups, fmt.Sprint(group))
	}
	if scope, _ := e.policies[clusterAdmin]["accessScope"].(object); awsapi.Text(scope, "type") == "cluster" {
		u.Groups = append(u.Groups, masters)
	}
	return u
}
