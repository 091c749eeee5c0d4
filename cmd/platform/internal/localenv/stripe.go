package localenv

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/services/billing/api"
)

// endpoint is one of Stripe's, that events are sent to.
type endpoint struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Secret string `json:"secret"` // told once, to who makes it
}

// connectStripe does at Stripe's stand-in what a person does at Stripe (docs/billing.md): it makes an endpoint with the deployment's address, and
// writes its secret beside a key. What fits already stays; endpoints with other addresses, of deployments that are gone, are removed.
func (c Cloud) connectStripe(ctx context.Context, state localcloud.State, outputs map[string]any) error {
	secretARN, _ := outputs["billingSecretArn"].(string)
	address, _ := outputs["billingWebhookUrl"].(string)
	client := secretsmanager.NewFromConfig(account(state, Region))
	kept, err := keptKeys(ctx, client, secretARN)
	if err != nil {
		return err
	}
	fits := len(kept.WebhookSecrets) > 0
	if kept.APIKey == "" {
		kept.APIKey = "sk_test_" + rand.Text() // the stand-in takes any
	}
	var all struct{ Data []endpoint }
	if err := localctl.StripeAPI(ctx, state, kept.APIKey, http.MethodGet, "webhook_endpoints?limit=100", nil, &all); err != nil {
		return err
	}
	there := false
	for _, one := range all.Data {
		if one.URL == address && fits && !there {
			there = true
			continue
		}
		if err := localctl.StripeAPI(ctx, state, kept.APIKey, http.MethodDelete, "webhook_endpoints/"+one.ID, nil, &endpoint{}); err != nil {
			return err
		}
	}
	if there {
		return nil
	}
	form := url.Values{"url": {address}}
	for i, event := range api.Events {
		form.Set("enabled_events["+strconv.Itoa(i)+"]", event)
	}
	var made endpoint
	if err := localctl.StripeAPI(ctx, state, kept.APIKey, http.MethodPost, "webhook_endpoints", form, &made); err != nil {
		return err
	}
	kept.WebhookSecrets = []string{made.Secret}
	value, err := json.Marshal(kept) //nolint:gosec // it goes into Secrets Manager
	if err != nil {
		return err
	}
	if _, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &secretARN, SecretString: aws.String(string(value))}); err != nil {
		return fmt.Errorf("write the keys of Stripe's stand-in: %w", err)
	}
	c.print("billing asks the local cloud's stand-in of Stripe: nobody is sent anything, and nobody pays")
	return nil
}

// keptKeys are what the secret has. One that has nothing, or something else, is to be written.
func keptKeys(ctx context.Context, client *secretsmanager.Client, secretARN string) (api.Secret, error) {
	found, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secretARN})
	if missing := (*types.ResourceNotFoundException)(nil); errors.As(err, &missing) {
		return api.Secret{}, nil
	}
	if err != nil {
		return api.Secret{}, fmt.Errorf("read the keys of Stripe's stand-in: %w", err)
	}
	kept, err := api.ParseSecret([]byte(aws.ToString(found.SecretString)))
	if err != nil {
		return api.Secret{}, nil //nolint:nilerr // on the local cloud nothing is lost with it
	}
	return kept, nil
}
