package localenv

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/internal/localcloud"
)

// account is how a local cloud's AWS API is reached; without credentials when the local cloud does not tell it.
func account(state localcloud.State, region string) aws.Config {
	config := aws.Config{Region: region, BaseEndpoint: aws.String(state.AWSEndpoint)}
	id, secret := state.Env["AWS_ACCESS_KEY_ID"], state.Env["AWS_SECRET_ACCESS_KEY"]
	if state.AWSEndpoint != "" && id != "" {
		config.Credentials = credentials.NewStaticCredentialsProvider(id, secret, "")
	}
	return config
}

// askLimit is how long a table waits for what only AWS knows.
const askLimit = 5 * time.Second

// Parts lists what the environment's stack consists of, completed by what the AWS API tells.
func (c Cloud) Parts(ctx context.Context, state localcloud.State, resources []apitype.ResourceV3) []inventory.Part {
	parts := inventory.Of(resources, c.Pricer)
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	client := elasticache.NewFromConfig(account(state, Region), func(o *elasticache.Options) { o.Retryer = aws.NopRetryer{} })
	inventory.AskCaches(ctx, client, parts)
	return parts
}
