package cluster

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

func TestOutputsOfACluster(t *testing.T) {
	t.Parallel()
	var got map[string]pulumitest.Output
	pulumitest.Run(t, func(ctx *pulumi.Context) error {
		c, err := NewCluster(ctx, "cluster", right())
		if err == nil {
			got = pulumitest.Outputs(t, ctx, c)
			scaling := pulumitest.Outputs(t, ctx, &struct{ General pulumi.StringOutput }{c.ScalingGroups["general"]})["General"]
			require.Equal(t, pulumitest.Output{Value: "eks-cluster-general", Known: true}, scaling)
		}
		return err
	})
	known := func(value string) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	require.Equal(t, map[string]pulumitest.Output{
		"Name":                 known("platform-test-cluster"),
		"Endpoint":             known("https://cluster.example"),
		"Version":              known(DefaultVersion),
		"CertificateAuthority": known("Y2VydGlmaWNhdGU="),
		"SecurityGroupID":      known("cluster-control-plane-id"),
		"NodeRoleARN":          known("arn:aws:iam:us-east-1:123456789012:cluster-node"),
	}, got, "others can read these without opening a secret")
}

func TestKubeconfigsThatAreNone(t *testing.T) {
	t.Parallel()
	const whole = `{"cluster": {"server": "https://one.example", "certificate-authority-data": "Y2E="}}`
	read, err := parseKubeconfig(`{"clusters": [` + whole + `]}`)
	require.NoError(t, err)
	require.Equal(t, apiServer{endpoint: "https://one.example", certificateAuthority: "Y2E="}, read)
	for text, want := range map[string]string{
		"not JSON": "parse kubeconfig: ",
		`{}`:       "kubeconfig has 0 clusters, expected one",
		`{"clusters": [` + whole + `,` + whole + `]}`:                         "kubeconfig has 2 clusters, expected one",
		`{"clusters": [{"cluster": {"server": "https://one.example"}}]}`:      "kubeconfig without server or certificate authority",
		`{"clusters": [{"cluster": {"certificate-authority-data": "Y2E="}}]}`: "kubeconfig without server or certificate authority",
	} {
		_, err := parseKubeconfig(text)
		require.ErrorContains(t, err, want, text)
	}
}

// recorded is the cluster of a stack with tags.
func recorded(t *testing.T) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		_, err := NewCluster(ctx, "cluster", right())
		return err
	})
}

// checkConventions is what every component keeps to: parents, tags, no forgotten alias. Nothing is protected: a cluster holds no data of its own.
func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireBelow(t, "genericcorp:cluster:Cluster")
	r.RequireProtected(t)
	tags := map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "cluster"}
	r.RequireTags(t, tags)
	for key, value := range tags { // the component of pulumi-eks passes them on
		require.Equal(t, value, r.One(t, "eks:index:Cluster", "cluster").Value(t, "tags."+key))
	}
	for _, taggable := range []string{
		"aws:cloudwatch/logGroup:LogGroup", "aws:ec2/launchTemplate:LaunchTemplate", "aws:ec2/securityGroup:SecurityGroup",
		"aws:eks/accessEntry:AccessEntry", "aws:eks/addon:Addon", "aws:eks/nodeGroup:NodeGroup", "aws:iam/role:Role",
		"aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
	} {
		require.NotEmpty(t, r.OfType(taggable), taggable)
		for _, made := range r.OfType(taggable) {
			has(t, made, map[string]any{"tags.component": "cluster", "tags.environment": "test", "tags.Name": made.Name})
		}
	}
	for _, made := range r.All() {
		require.Empty(t, made.Aliases, made.Name)
		require.False(t, made.Retain, made.Name)
	}
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very-long-name-", 20) + "end"
	args := right()
	more := args.NodeGroups[0]
	more.Name = strings.Repeat("g", maxGroupName)
	args.NodeGroups = append(args.NodeGroups, more)
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewCluster(ctx, long, args)
		return err
	})
	r.RequireNamesFit(t)
	plane, ok := r.One(t, "eks:index:Cluster", r.OfType("eks:index:Cluster")[0].Name).Value(t, "name").(string)
	require.True(t, ok)
	require.LessOrEqual(t, len(plane), 100)
	names := map[string]bool{}
	for _, group := range r.OfType("aws:eks/nodeGroup:NodeGroup") {
		require.LessOrEqual(t, len(group.Name)+8, 63)
		names[group.Name] = true
	}
	require.Len(t, names, 2, "cut names stay apart")
}
