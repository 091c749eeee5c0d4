// Package config reads the function's environment variables and connects billing to AWS.
package config

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
	"github.com/genericcorp/platform/services/billing/internal/service"
	"github.com/genericcorp/platform/services/provisioner/client"
)

// EnvLambda is set where Lambda runs the program.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
const EnvLambda = "AWS_LAMBDA_RUNTIME_API"

// Settings are the function's environment variables.
type Settings struct {
	Environment, Provisioner, SecretARN string
	Live                                bool
	StripeURL                           string // of the stand-in; empty: Stripe's own
	DaysToPay                           int
	Terms                               dunning.Terms
}

// Read tells all that is wrong at once.
func Read(getenv func(string) string) (Settings, error) {
	p := check.Under("")
	required := func(name string) string {
		value := getenv(name)
		p.Require(value != "", name, value, "a value: the variable is not set")
		return value
	}
	days := func(name string, otherwise int) int {
		text := getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		p.Require(err == nil && n >= 1 && n <= api.MostDays, name, text, fmt.Sprintf("1 to %d", api.MostDays))
		return n
	}
	s := Settings{Environment: required(api.EnvEnvironment), Provisioner: required(api.EnvProvisioner), SecretARN: required(api.EnvSecretARN)}
	live := required(api.EnvLive)
	p.Require(live == "" || live == "true" || live == "false", api.EnvLive, live, "true or false")
	s.Live = live == "true"
	standIn := getenv(api.EnvStandIn)
	p.Require(standIn == "" || standIn == "true" && !s.Live, api.EnvStandIn, standIn, "nothing, or true where STRIPE_LIVE is false")
	if standIn != "" {
		endpoint := getenv(api.EnvAWSEndpoint)
		p.Require(onLoopback(endpoint), api.EnvAWSEndpoint, endpoint, "an address of the loopback interface, as the stand-in of Stripe is the local cloud's")
		s.StripeURL = endpoint // Stripe's paths are the local cloud's own there
	}
	s.DaysToPay = days(api.EnvDaysToPay, api.DefaultDaysToPay)
	s.Terms = dunning.Terms{
		Limited:   time.Duration(days(api.EnvLimitedAfterDays, api.DefaultLimitedAfterDays)) * 24 * time.Hour,
		Suspended: time.Duration(days(api.EnvSuspendedAfterDays, api.DefaultSuspendedAfterDays)) * 24 * time.Hour,
	}
	if p.Err() == nil {
		p.Add(s.Terms.Check())
	}
	return s, p.Err()
}

// onLoopback says whether an address is one of this machine alone: a key is sent there.
func onLoopback(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(parsed.Hostname())
	return err == nil && ip.IsLoopback()
}

// Service prepares billing. Nobody is reached before the first call.
func Service(ctx context.Context, getenv func(string) string) (*service.Service, error) {
	s, err := Read(getenv)
	if err != nil {
		return nil, fmt.Errorf("billing's configuration is wrong: %w", err)
	}
	account, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure the AWS client: %w", err)
	}
	secret := &Secret{Client: secretsmanager.NewFromConfig(account), ARN: s.SecretARN, Now: time.Now}
	provisioner := &client.Client{Lambda: lambda.NewFromConfig(account), Function: s.Provisioner}
	return &service.Service{
		Environment: s.Environment, Live: s.Live, StripeURL: s.StripeURL, DaysToPay: s.DaysToPay, Terms: s.Terms, Provisioner: provisioner.Do, Secret: secret.Read, Now: time.Now,
	}, nil
}
