package eks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// ErrNoAssociation means that no Pod Identity association names a service account.
var ErrNoAssociation = errors.New("no pod identity association")

// RoleOf is the role that an association gives the pods of a service account. Every cluster leads to one API server, so the
// association may be any cluster's.
func (s *Service) RoleOf(namespace, serviceAccount string) (role string, err error) {
	association, err := s.associationOf(namespace, serviceAccount)
	return awsapi.Text(association, "roleArn"), err
}

func (s *Service) associationOf(namespace, serviceAccount string) (object, error) {
	s.Lock()
	defer s.Unlock()
	for _, name := range names(s.clusters) {
		for _, association := range s.clusters[name].podIdentities {
			if awsapi.Text(association, "namespace") == namespace && awsapi.Text(association, "serviceAccount") == serviceAccount {
				return association, nil
			}
		}
	}
	return nil, fmt.Errorf("%w for %s/%s", ErrNoAssociation, namespace, serviceAccount)
}

// Credentials are what the agent of EKS Pod Identity responds with
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
type Credentials struct {
	AccessKeyID     string    `json:"AccessKeyId"`
	SecretAccessKey string    `json:"SecretAccessKey"`
	Token           string    `json:"Token"`
	AccountID       string    `json:"AccountId"`
	Expiration      time.Time `json:"Expiration"`
}

// Session is that of a pod in its role.
type Session struct {
	Role string // its ARN
	Name string
	// Tags are those that EKS gives every session (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html), but for the pod's own
	// name.
	Tags map[string]string
}

// SessionOf is the session of a pod that has this access key.
func (s *Service) SessionOf(accessKey string) (session Session, ok bool) {
	s.Lock()
	defer s.Unlock()
	session, ok = s.sessions[accessKey]
	return session, ok
}

// Assume gives a session of the role of a service account, as AssumeRoleForPodIdentity does.
func (s *Service) Assume(ctx context.Context, namespace, serviceAccount string) (Credentials, error) {
	association, err := s.associationOf(namespace, serviceAccount)
	if err != nil {
		return Credentials{}, err
	}
	role, cluster := awsapi.Text(association, "roleArn"), awsapi.Text(association, "clusterName")
	form := "Action=AssumeRole&Version=2011-06-15&RoleSessionName=eks-" + namespace + "-" + serviceAccount + "&RoleArn=" + strings.ReplaceAll(role, ":", "%3A")
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sts.amazonaws.com/", strings.NewReader(form))
	if err != nil {
		return Credentials{}, err
	}
	ask.RequestURI = ask.URL.RequestURI()
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0")
	response := awsapi.Forward(s.config.Callers, ask)
	text := func(name string) string {
		return response.XMLText("./AssumeRoleResponse/AssumeRoleResult/Credentials/" + name)
	}
	if !response.OK() || text("AccessKeyId") == "" {
		return Credentials{}, fmt.Errorf("STS gives no session of %s", role)
	}
	expiration, err := time.Parse(time.RFC3339, text("Expiration"))
	if err != nil {
		return Credentials{}, fmt.Errorf("the session of %s: %w", role, err)
	}
	s.Lock()
	defer s.Unlock()
	s.sessions[text("AccessKeyId")] = Session{Role: role, Name: "eks-" + namespace + "-" + serviceAccount, Tags: map[string]string{
		"eks-cluster-arn": s.arn("cluster/" + cluster), "eks-cluster-name": cluster, "kubernetes-namespace": namespace, "kubernetes-service-account": serviceAccount,
	}}
	return Credentials{text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"), s.config.Account.ID, expiration}, nil
}
