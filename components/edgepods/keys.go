package edgepods

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/databaserole"
	"github.com/genericcorp/platform/components/secrets"
	"github.com/genericcorp/platform/services/gate/api/identity"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// makePassword has the provisioner give gate's role a password. The role stays when the edge goes, and can no longer log in.
func (b *builder) makePassword() error {
	made, err := databaserole.New(b.ctx, b.name+"-gate", databaserole.Args{
		Environment: b.args.Environment, Description: "The password of gate's role in the database, as a password file of PostgreSQL",
		Service:         api.Service{Name: api.EdgeRole, Connections: api.EdgeConnections, Keep: *b.args.DeletionProtection},
		PasswordVersion: b.args.PasswordVersion, FunctionName: b.args.FunctionName, SecretsKeyARN: b.args.SecretsKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.password, b.before = made.SecretARN, append(b.before, made.Made)
	return nil
}

// makeKeys makes the keys of identities, from random bytes that the engine keeps as a secret, and two secrets: gate's has them whole,
// the other one their public halves.
func (b *builder) makeKeys() error {
	var seeds []any
	for _, name := range b.args.SigningKeys {
		seed, err := random.NewRandomBytes(b.ctx, b.name+"-key-"+name, &random.RandomBytesArgs{Length: pulumi.Int(identity.SeedBytes)}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("make the seed of key %s: %w", name, err)
		}
		seeds = append(seeds, seed.Base64)
	}
	for _, kept := range []struct {
		suffix, description string
		private             bool
		arn                 *pulumi.StringOutput
	}{
		{"signing-keys", "The keys with which gate signs identities", true, &b.signingKeys},
		{"public-keys", "The keys by which applications verify identities: not secret", false, &b.parent.PublicKeysARN},
	} {
		secret, err := secrets.NewSecret(b.ctx, b.name+"-"+kept.suffix, &secrets.SecretArgs{
			Description: kept.description,
			Value: pulumi.All(seeds...).ApplyT(func(seeds []any) (string, error) {
				return keySet(b.args.SigningKeys, seeds, kept.private)
			}).(pulumi.StringOutput),
			KeyARN:             b.args.SecretsKeyARN,
			DeletionProtection: b.args.DeletionProtection, Removable: true, // they can be made again: an identity is good for a minute
		}, pulumi.Parent(b.parent))
		if err != nil {
			return err
		}
		*kept.arn = secret.ARN
	}
	return nil
}

// keySet writes keys as a JSON Web Key Set. Its errors say nothing of the seeds.
func keySet(names []string, seeds []any, private bool) (string, error) {
	var set jose.JSONWebKeySet
	for i, name := range names {
		text, _ := seeds[i].(string)
		seed, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			//page:none the provider of random bytes writes it
			return "", fmt.Errorf("the seed of key %s: expected base64", name)
		}
		whole, public, err := identity.KeyOfSeed(name, seed)
		if err != nil {
			return "", err
		}
		if private {
			public = whole
		}
		set.Keys = append(set.Keys, public)
	}
	text, err := json.Marshal(set)
	return string(text), err
}
