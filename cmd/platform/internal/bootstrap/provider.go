package bootstrap

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// GitHub's identity provider for Actions, and who its tokens must be meant for.
const (
	issuer   = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"
)

func (a *account) providerARN() string { return a.arn("iam", "", "oidc-provider/"+issuer) }

// provider wants GitHub known as an identity provider. AWS checks its certificate by the public authorities, so no
// thumbprint is given that would have to be kept up to date.
func (a *account) provider() []desired {
	resource := "identity provider " + issuer
	arn := aws.String(a.providerARN())
	return []desired{{
		resource: resource, aspect: "audience", want: audience,
		read: func(ctx context.Context) (string, error) {
			out, err := a.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
			if err != nil {
				return "", absent(err, "NoSuchEntity")
			}
			slices.Sort(out.ClientIDList)
			return strings.Join(out.ClientIDList, " "), nil
		},
		write: func(ctx context.Context) error {
			out, err := a.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
			if isCode(err, "NoSuchEntity") {
				_, err = a.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
					Url: aws.String("https://" + issuer), ClientIDList: []string{audience}})
				return err
			}
			if err != nil {
				return err
			}
			return a.setAudience(ctx, arn, out.ClientIDList)
		},
	}}
}

// setAudience leaves the one audience. The right one is added before the others go, so that running workflows live.
func (a *account) setAudience(ctx context.Context, arn *string, found []string) error {
	if !slices.Contains(found, audience) {
		_, err := a.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: arn, ClientID: aws.String(audience)})
		if err != nil {
			return err
		}
	}
	for _, other := range found {
		if other == audience {
			continue
		}
		_, err := a.iam.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: arn, ClientID: aws.String(other)})
		if err != nil {
			return err
		}
	}
	return nil
}
