package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/genericcorp/platform/internal/betterstack"
)

// fromSecretsManager reads the token from AWS, as whoever runs the engine.
func fromSecretsManager(ctx context.Context, secret string) (string, error) {
	settings, err := config.LoadDefaultConfig(ctx, config.WithRegion(regionOf(secret)))
	if err != nil {
		return "", fmt.Errorf("read Better Stack's token: %w", err)
	}
	got, err := secretsmanager.NewFromConfig(settings).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secret})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return "", fmt.Errorf("the secret %s has no value yet: write Better Stack's token into it and run the same again (docs/betterstack.md)", secret)
	}
	if err != nil {
		return "", fmt.Errorf("read Better Stack's token from the secret %s: %w", secret, err)
	}
	return parseToken(secret, got.SecretString)
}

// parseToken takes the token out of the secret's value, of which no message has anything.
func parseToken(secret string, value *string) (string, error) {
	var fields map[string]any
	if value != nil && json.Unmarshal([]byte(*value), &fields) == nil {
		if token, ok := fields[betterstack.TokenField].(string); ok && token != "" && strings.TrimSpace(token) == token {
			return token, nil
		}
	}
	return "", fmt.Errorf(`the secret %s: expected {%q: "..."} with Better Stack's token, without spaces around it (docs/betterstack.md)`, secret, betterstack.TokenField)
}

// regionOf is the region in a secret's ARN; empty where it is none.
func regionOf(secret string) string {
	parsed, err := arn.Parse(secret)
	if err != nil || parsed.Service != "secretsmanager" {
		return ""
	}
	return parsed.Region
}
