package stacks

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/cluster"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/tagging"
)

// deployWorkloads makes what is in the cluster of an environment, and exports its outputs. It is a stack of its own because it needs the
// cluster's API, which a private cluster shows to its own network alone: an environment is deployed from anywhere.
func deployWorkloads(ctx *pulumi.Context, settings *WorkloadsSettings) error {
	if err := verifyName(ctx, "the workloads of environment "+settings.Environment, settings.StackName()); err != nil {
		return err
	}
	environment, err := readOutputs(ctx, settings.Environment, slices.Concat(clusterAccess, []string{"accountId", "owner", "costCentre"}))
	if err != nil {
		return err
	}
	if _, err := verifyAccount(ctx, environment.text("accountId"), "the output accountId of environment "+settings.Environment); err != nil {
		return err
	}
	err = tagging.Register(ctx, tagging.Stack{
		Environment: settings.Environment, Owner: environment.text("owner"), CostCentre: environment.text("costCentre"),
	})
	if err != nil {
		return fmt.Errorf("register tags: %w", err)
	}
	if err := permissionsboundary.Register(ctx, environment.text("accountId")); err != nil {
		return fmt.Errorf("register boundary of roles: %w", err)
	}
	provider, err := environment.kubernetes(ctx)
	if err != nil {
		return err
	}
	ground, err := cluster.NewBaseline(ctx, "baseline", &cluster.BaselineArgs{}, pulumi.Providers(provider))
	if err != nil {
		return err
	}
	ctx.Export("environment", pulumi.String(settings.Environment))
	ctx.Export("namespaces", ground.Namespaces)
	ctx.Export("storageClass", ground.StorageClass)
	return nil
}

// clusterAccess are the outputs of an environment that lead to its cluster.
var clusterAccess = []string{"clusterName", "clusterEndpoint", "clusterCertificateAuthority"}

// kubernetes is the provider of what is in the cluster.
func (o referenced) kubernetes(ctx *pulumi.Context) (*kubernetes.Provider, error) {
	config, err := cluster.Access{
		Name: o.text("clusterName"), Endpoint: o.text("clusterEndpoint"), CertificateAuthority: o.text("clusterCertificateAuthority"),
	}.Kubeconfig()
	if err != nil {
		return nil, fmt.Errorf("write the kubeconfig: %w", err)
	}
	provider, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
		Kubeconfig: pulumi.String(config), EnableServerSideApply: pulumi.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("make the provider of the cluster: %w", err)
	}
	return provider, nil
}
