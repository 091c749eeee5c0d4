// Package config reads the function's environment variables and connects it to the provisioner and to the mail service.
package config

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/billed/explorer"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/client"
	"github.com/genericcorp/platform/services/report/api"
	ses "github.com/genericcorp/platform/services/report/internal/mail"
	"github.com/genericcorp/platform/services/report/internal/morning"
)

// EnvLambda is set where Lambda runs the program.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
const EnvLambda = "AWS_LAMBDA_RUNTIME_API"

type settings struct {
	environment, provisioner, sender, mailSet string
	addresses                                 []string
}

// readSettings names every variable that is wrong, and no address.
func readSettings(getenv func(string) string) (settings, error) {
	p := check.Under("")
	required := func(name string) string {
		value := getenv(name)
		p.Require(value != "", name, "", "a value: the variable is not set")
		return value
	}
	s := settings{environment: required(api.EnvEnvironment), provisioner: required(api.EnvProvisioner), mailSet: required(api.EnvMailSet), sender: required(api.EnvSender)}
	s.addresses = strings.Split(required(api.EnvAddresses), ",")
	p.Require(s.sender == "" || awsvalue.Mail.Valid(s.sender), api.EnvSender, "another text", "a mail address")
	p.Require(len(s.addresses) <= api.MostAddresses && (s.addresses[0] == "" || !slices.ContainsFunc(s.addresses, func(a string) bool { return !awsvalue.Mail.Valid(a) })),
		api.EnvAddresses, "another text", fmt.Sprintf("1 to %d mail addresses, with commas", api.MostAddresses))
	return s, p.Err()
}

// Service prepares the service; nothing is reached before the first call.
func Service(ctx context.Context, getenv func(string) string) (*morning.Service, error) {
	s, err := readSettings(getenv)
	if err != nil {
		return nil, fmt.Errorf("the report's configuration is wrong: %w", err)
	}
	account, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure the AWS client: %w", err)
	}
	provisioner := client.Client{Lambda: lambda.NewFromConfig(account), Function: s.provisioner}
	mails := ses.SES{Client: ses.NewSES(account), Sender: s.sender, Addresses: s.addresses, ConfigurationSet: s.mailSet}
	bill := func(ctx context.Context, span pricesheet.Span) (billed.Bill, error) {
		return explorer.Bill(ctx, account, span)
	}
	return &morning.Service{Environment: s.environment, Ask: provisioner.Do, Send: mails.Send, Bill: bill, Now: time.Now, Run: rand.Text}, nil
}
