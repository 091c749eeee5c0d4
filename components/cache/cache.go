// Package cache makes the shared cache of an environment: Valkey, or Redis OSS, on ElastiCache over two zones,
// encrypted, TLS only, opened by a token that clients find in a secret.
package cache

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/secrets"
	"github.com/genericcorp/platform/components/tagging"
)

// Cache holds what clients and operators need. The token is only in the secret.
type Cache struct {
	pulumi.ResourceState

	PrimaryEndpoint pulumi.StringOutput // host name that follows the primary
	ReaderEndpoint  pulumi.StringOutput // host name that spreads over the replicas
	Port            pulumi.IntOutput
	// AuthSecretARN is a secret with JSON: host, readerHost, port, token and tls (always true).
	AuthSecretARN      pulumi.StringOutput
	ReplicationGroupID pulumi.StringOutput
}

// maxPrefix keeps the shortest-limited generated name of a child, the replication group's, within ElastiCache's
// 40 characters: "-group" and the engine's own eight come after it.
const maxPrefix = naming.MaxReplicationGroup - len("-group") - 8

// builder carries what the parts of a cache share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   CacheArgs
	parent *Cache
}

// NewCache makes a cache. All problems of args are reported at once.
func NewCache(ctx *pulumi.Context, name string, args *CacheArgs, opts ...pulumi.ResourceOption) (*Cache, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	c := &Cache{}
	err := ctx.RegisterComponentResourceV2("genericcorp:cache:Cache", name, full.inputs(), c,
		append(opts, tagging.Component("cache"))...)
	if err != nil {
		return nil, fmt.Errorf("register cache %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, parent: c}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("cache %q: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"primaryEndpoint":    c.PrimaryEndpoint,
		"readerEndpoint":     c.ReaderEndpoint,
		"port":               c.Port,
		"authSecretArn":      c.AuthSecretARN,
		"replicationGroupId": c.ReplicationGroupID,
	})
}

func (b *builder) build() error {
	token, err := b.makeToken()
	if err != nil {
		return err
	}
	group, err := b.makeGroup(token)
	if err != nil {
		return err
	}
	c := b.parent
	c.PrimaryEndpoint = group.PrimaryEndpointAddress
	c.ReaderEndpoint = group.ReaderEndpointAddress
	c.Port = group.Port.Elem()
	c.ReplicationGroupID = group.ReplicationGroupId
	secret, err := secrets.NewSecret(b.ctx, b.name+"-auth", &secrets.SecretArgs{
		Description: "Host, port and token of the cache " + b.name,
		Value: pulumi.JSONMarshal(pulumi.Map{
			"host": c.PrimaryEndpoint, "readerHost": c.ReaderEndpoint, "port": c.Port, "token": token, "tls": pulumi.Bool(true),
		}),
		KeyARN:             b.args.SecretKeyARN,
		DeletionProtection: b.args.DeletionProtection,
	}, pulumi.Parent(c))
	if err != nil {
		return err
	}
	c.AuthSecretARN = secret.ARN
	return b.makeAlarms(group.ReplicationGroupId)
}
