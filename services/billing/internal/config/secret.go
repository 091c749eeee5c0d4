package config

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/genericcorp/platform/services/billing/api"
)

// Manager is what is needed of Secrets Manager.
type Manager interface {
	GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, options ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

// Secret reads billing's secret, and remembers it for a minute: so long after a new value both hold. Failures are not remembered.
type Secret struct {
	Client Manager
	ARN    string
	Now    func() time.Time

	mu    sync.Mutex
	value api.Secret
	until time.Time
}

const remembered = time.Minute

// Read gives what the secret holds.
func (s *Secret) Read(ctx context.Context) (api.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Now().Before(s.until) {
		return s.value, nil
	}
	found, err := s.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.ARN})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		//page:none it says what to do
		return api.Secret{}, fmt.Errorf("the secret %s has no value: put Stripe's keys into it, as docs/billing.md says", s.ARN)
	case err != nil:
		return api.Secret{}, fmt.Errorf("read the secret %s: %w", s.ARN, err)
	}
	value, err := api.ParseSecret([]byte(aws.ToString(found.SecretString)))
	if err != nil {
		return api.Secret{}, fmt.Errorf("the secret %s: %w", s.ARN, err)
	}
	s.value, s.until = value, s.Now().Add(remembered)
	return value, nil
}
