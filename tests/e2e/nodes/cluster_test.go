package nodes

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/testcloud"
)

// patience is how long anything may take on a busy machine.
const patience = 5 * time.Minute

// cluster is a local cloud with a node in each of two zones, and no environment.
type cluster struct {
	*testcloud.Cloud

	image string // that of testdata/probe
}

// newCluster starts a local cloud and makes a cluster with a group of two nodes, where this machine can run them. What must be there
// before the nodes is prepared, unless that is nil.
func newCluster(t *testing.T, prepare func(*cluster)) *cluster {
	t.Helper()
	c := &cluster{Cloud: testcloud.Empty(t)}
	c.RequireNodes(t, required.Missing)
	if prepare != nil {
		prepare(c)
	}
	c.create(t)
	c.push(t)
	return c
}

// create makes the cluster and its group, and waits for the nodes.
func (c *cluster) create(t *testing.T) {
	t.Helper()
	networks := ec2.NewFromConfig(c.AWS())
	vpc, err := networks.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.128.0.0/16")})
	require.NoError(t, err)
	var subnets []string
	for zone, block := range map[string]string{"us-east-1a": "10.128.0.0/20", "us-east-1b": "10.128.16.0/20"} {
		made, err := networks.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String(block), AvailabilityZone: aws.String(zone)})
		require.NoError(t, err)
		subnets = append(subnets, aws.ToString(made.Subnet.SubnetId))
	}
	client, cluster := eks.NewFromConfig(c.AWS()), aws.String("cluster")
	_, err = client.CreateCluster(t.Context(), &eks.CreateClusterInput{
		Name: cluster, Version: aws.String("1.35"), RoleArn: aws.String("arn:aws:iam::123456789012:role/cluster"),
		ResourcesVpcConfig: &ekstypes.VpcConfigRequest{SubnetIds: subnets},
	})
	require.NoError(t, err)
	_, err = client.CreateNodegroup(t.Context(), &eks.CreateNodegroupInput{
		ClusterName: cluster, NodegroupName: aws.String("workers"), NodeRole: aws.String("arn:aws:iam::123456789012:role/node"), Subnets: subnets,
		InstanceTypes: []string{"t4g.medium"}, Labels: map[string]string{"pool": "workers"},
		ScalingConfig: &ekstypes.NodegroupScalingConfig{MinSize: aws.Int32(1), DesiredSize: aws.Int32(2), MaxSize: aws.Int32(3)},
	})
	require.NoError(t, err)
	for _, addon := range []string{"coredns", "metrics-server"} {
		_, err = client.CreateAddon(t.Context(), &eks.CreateAddonInput{ClusterName: cluster, AddonName: aws.String(addon)})
		require.NoError(t, err)
	}
	waiter := eks.NewNodegroupActiveWaiter(client, func(o *eks.NodegroupActiveWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second, time.Second })
	began := time.Now()
	require.NoError(t, waiter.Wait(t.Context(), &eks.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: aws.String("workers")}, patience))
	t.Logf("two nodes ready after %s", time.Since(began).Round(time.Second))
}

// push makes the image of testdata/probe and pushes it to the cloud's registry, from which nodes pull it.
func (c *cluster) push(t *testing.T) {
	t.Helper()
	c.image = c.PushImage(t, "probe", "./testdata/probe")
}

// run runs a program that must end well, and returns what it printed.
func (c *cluster) run(t testing.TB, input string, name string, args ...string) string {
	t.Helper()
	if input != "" {
		file := filepath.Join(t.TempDir(), "input.yaml")
		require.NoError(t, os.WriteFile(file, []byte(input), 0o600))
		args = append(args, "-f", file)
	}
	result := c.Run(t, c.Repository, nil, name, args...)
	require.Zero(t, result.Code, "%s %v: %s%s", name, args, result.Stdout, result.Stderr)
	return result.Stdout
}

// apply applies manifests, in which IMAGE is the probe's.
func (c *cluster) apply(t testing.TB, manifests string) {
	t.Helper()
	c.run(t, strings.ReplaceAll(manifests, "IMAGE", c.image), "kubectl", "apply")
}

// get asks from inside a pod.
func (c *cluster) get(t testing.TB, namespace, pod, url string) string {
	t.Helper()
	return strings.TrimSpace(c.run(t, "", "kubectl", "--namespace", namespace, "exec", pod, "--", "/bin/probe", "get", url))
}

// eventually waits until a question has the answer.
func (c *cluster) eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not after %s", what, patience)
		case <-time.After(500 * time.Millisecond):
		}
	}
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}

// nodes are the cloud's, as its command lists them.
func (c *cluster) nodes(t testing.TB) []localcloud.Node {
	t.Helper()
	var have localcloud.Nodes
	c.Platform(t, &have, "local", "node", "list")
	return have.Nodes
}

// node is the one of that name.
func (c *cluster) node(t testing.TB, name string) localcloud.Node {
	t.Helper()
	for _, n := range c.nodes(t) {
		if n.Name == name {
			return n
		}
	}
	t.Fatalf("there is no node %s", name)
	return localcloud.Node{}
}

// jsonpath asks Kubernetes for one field.
func (c *cluster) jsonpath(t testing.TB, path string, args ...string) string {
	t.Helper()
	return c.run(t, "", "kubectl", append(append([]string{"get"}, args...), "--output", "jsonpath="+path)...)
}
