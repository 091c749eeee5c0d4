// Package aws keeps secrets in Secrets Manager and archives in S3.
package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
)

// Secrets implements tenancy.Secrets.
type Secrets struct{ Client *secretsmanager.Client }

// Read gives a secret's value of a stage, or tenancy.ErrNoValue if the secret has none.
func (s Secrets) Read(ctx context.Context, arn string, stage tenancy.Stage) ([]byte, error) {
	found, err := s.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn, VersionStage: aws.String(string(stage))})
	if err == nil {
		return []byte(aws.ToString(found.SecretString)), nil
	}
	var missing *types.ResourceNotFoundException
	var invalid *types.InvalidRequestException
	switch {
	case errors.As(err, &missing):
		// AWS says the same of a secret that is not there and of one that has no such value.
		return nil, s.exists(ctx, arn)
	case errors.As(err, &invalid):
		//page:provisioner-trouble
		return nil, fmt.Errorf("%w: the secret is scheduled for deletion: restore it with aws secretsmanager restore-secret, then try again", err)
	}
	return nil, err
}

func (s Secrets) exists(ctx context.Context, arn string) error {
	found, err := s.Client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &arn})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		//page:provisioner-trouble
		return errors.New("there is no such secret: somebody has deleted it; run pulumi refresh on the tenant's stack and deploy it again, which makes a new one")
	case err != nil:
		return err
	case found.DeletedDate != nil:
		//page:provisioner-trouble
		return errors.New("the secret is scheduled for deletion: restore it with aws secretsmanager restore-secret, then try again")
	}
	return tenancy.ErrNoValue
}

// Write gives a secret a new value of a stage.
func (s Secrets) Write(ctx context.Context, arn string, stage tenancy.Stage, value []byte) error {
	_, err := s.Client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &arn, SecretString: aws.String(string(value)), VersionStages: []string{string(stage)},
	})
	return err
}

// Administrator reads the secret that RDS manages.
func (s Secrets) Administrator(ctx context.Context, arn string) (database.Credentials, error) {
	value, err := s.Read(ctx, arn, tenancy.Current)
	if err != nil {
		return database.Credentials{}, fmt.Errorf("read the administrator's secret %s: %w", arn, err)
	}
	var c database.Credentials
	if json.Unmarshal(value, &c) != nil || c.User == "" || c.Password == "" { // an error would quote the value
		//page:provisioner-trouble
		return c, fmt.Errorf("the administrator's secret %s has no username and password: see that MASTER_SECRET_ARN names the secret that RDS manages", arn)
	}
	return c, nil
}
