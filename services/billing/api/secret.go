package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Secret is what Secrets Manager keeps of billing, as JSON. A person writes it, and no program.
type Secret struct {
	APIKey string `json:"apiKey"`
	// WebhookSecrets are those of the endpoint: two while one is replaced, none before there is an endpoint.
	WebhookSecrets []string `json:"webhookSecrets"`
}

const secretExpected = `expected {"apiKey": "rk_...", "webhookSecrets": ["whsec_..."]}; what it is instead is not printed`

// ParseSecret reads the secret's value. Errors have nothing of it.
func ParseSecret(value []byte) (Secret, error) {
	var s Secret
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&s) != nil || s.APIKey == "" {
		return Secret{}, errors.New("the value is wrong: " + secretExpected)
	}
	if n := len(s.WebhookSecrets); n > 2 {
		return Secret{}, fmt.Errorf("webhookSecrets: got %d, expected two at most", n)
	}
	for _, secret := range s.WebhookSecrets {
		if !strings.HasPrefix(secret, "whsec_") || len(secret) < len("whsec_")+16 {
			return Secret{}, errors.New("webhookSecrets: one does not look like Stripe's: " + secretExpected)
		}
	}
	return s, nil
}
