package registry_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/registry"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	repositoryType = "aws:ecr/repository:Repository"
	lifecycleType  = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	policyType     = "aws:ecr/repositoryPolicy:RepositoryPolicy"
)

var stackTags = tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}

func good() *registry.RegistryArgs {
	return &registry.RegistryArgs{Environment: "test", AccountID: pulumitest.Account, Images: []string{"api", "worker"}, KeyARN: pulumi.String("arn:key")}
}

func record(t *testing.T, args *registry.RegistryArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, stackTags); err != nil {
			return err
		}
		_, err := registry.NewRegistry(ctx, "registry", args)
		return err
	})
}

// checks hold for every registry. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkTags, checkRepositories, checkLifecycles, checkPolicies}

func TestRegistry(t *testing.T) {
	t.Parallel()
	r := record(t, good())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks)
}

func checkTags(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for _, made := range r.OfType(repositoryType) {
		tags := map[string]any{"component": "registry", "Name": made.Name}
		for key, value := range stackTags.Map() {
			tags[key] = value
		}
		require.Equal(t, tags, made.Value(t, "tags"))
	}
}

var names = []string{"api", "worker"}

func checkRepositories(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(repositoryType), len(names))
	r.RequireProtected(t, repositoryType)
	for _, name := range names {
		made := r.One(t, repositoryType, "registry-"+name)
		for path, want := range map[string]any{
			"name": "platform-test/" + name, "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration.scanOnPush": true, "forceDelete": false,
			"encryptionConfigurations[0].encryptionType": "KMS", "encryptionConfigurations[0].kmsKey": "arn:key",
		} {
			require.Equal(t, want, made.Value(t, path), path)
		}
	}
}

func checkLifecycles(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for _, name := range names {
		made := r.One(t, lifecycleType, "registry-"+name)
		require.Equal(t, "platform-test/"+name, made.Value(t, "repository"))
		require.JSONEq(t, `{"rules": [{"rulePriority": 1, "description": "Keep the newest", "action": {"type": "expire"},
			"selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 500}}]}`, fmt.Sprint(made.Value(t, "policy")))
	}
}

func checkPolicies(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for _, name := range names {
		made := r.One(t, policyType, "registry-"+name)
		require.Equal(t, "platform-test/"+name, made.Value(t, "repository"))
		require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{"Sid": "OnlyThisAccount", "Effect": "Deny", "Principal": "*", "Action": ["ecr:*"],
			"Condition": {"StringNotEquals": {"aws:PrincipalAccount": ["`+pulumitest.Account+`"]}, "Bool": {"aws:PrincipalIsAWSService": ["false"]}}}]}`,
			fmt.Sprint(made.Value(t, "policy")))
	}
}

func TestWithoutProtection(t *testing.T) {
	t.Parallel()
	args := good()
	args.DeletionProtection = new(false)
	r := record(t, args)
	r.RequireProtected(t)
	require.Equal(t, true, r.One(t, repositoryType, "registry-api").Value(t, "forceDelete"))
}

func TestRegistryRefuses(t *testing.T) {
	t.Parallel()
	_, err := registry.NewRegistry(nil, "registry", &registry.RegistryArgs{Environment: "Test", AccountID: "1", Images: []string{"api", "api", "A"}})
	for _, want := range []string{`registry "registry": environment: got "Test"`, `accountId: got "1"`, "keyArn: ", `images[1]: got "api"`, `images[2]: got "A"`} {
		require.ErrorContains(t, err, want)
	}
	_, err = registry.NewRegistry(nil, "registry", nil)
	require.ErrorContains(t, err, "images: got ")
}
