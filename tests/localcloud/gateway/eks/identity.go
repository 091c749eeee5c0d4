package eks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
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

// Assume gives a session of the role of a service account, as AssumeRoleForPodIdentity does, with the tags that EKS gives every session
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html), but for the pod's own name.
func (s *Service) Assume(ctx context.Context, namespace, serviceAccount string) (Credentials, error) {
	association, err := s.associationOf(namespace, serviceAccount)
	if err != nil {
		return Credentials{}, err
	}
	cluster := awsapi.Text(association, "clusterName")
	got, err := s.config.Callers.Assume(ctx, "pods.eks.amazonaws.com", sts.Session{
		Role: awsapi.Text(association, "roleArn"), Name: "eks-" + namespace + "-" + serviceAccount, Tags: map[string]string{
			"eks-cluster-arn": s.arn("cluster/" + cluster), "eks-cluster-name": cluster, "kubernetes-namespace": namespace, "kubernetes-service-account": serviceAccount,
		},
	})
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{got.AccessKeyID, got.SecretAccessKey, got.Token, s.config.Account.ID, got.Expiration}, nil
}
