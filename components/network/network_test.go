package network_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/network"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	associationType  = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	defaultGroupType = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	eipType          = "aws:ec2/eip:Eip"
	endpointType     = "aws:ec2/vpcEndpoint:VpcEndpoint"
	flowLogType      = "aws:ec2/flowLog:FlowLog"
	groupType        = "aws:ec2/securityGroup:SecurityGroup"
	logGroupType     = "aws:cloudwatch/logGroup:LogGroup"
	natType          = "aws:ec2/natGateway:NatGateway"
	policyType       = "aws:iam/rolePolicy:RolePolicy"
	roleType         = "aws:iam/role:Role"
	routesType       = "aws:ec2/routeTable:RouteTable"
	subnetType       = "aws:ec2/subnet:Subnet"
	vpcType          = "aws:ec2/vpc:Vpc"
)

func record(t *testing.T, name string, args *network.NetworkArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		n, err := network.NewNetwork(ctx, name, args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, n)
		return nil
	})
	return r, outputs
}

// good are the arguments that have no default.
func good() *network.NetworkArgs {
	return &network.NetworkArgs{
		Region:    "us-east-1",
		CIDR:      "10.20.0.0/16",
		Zones:     []string{"us-east-1a", "us-east-1b", "us-east-1c"},
		LogKeyARN: pulumi.String("key-logs"),
	}
}

// checks hold for a network that says nothing but where it is. Together they watch all that it consists of.
var checks = []pulumitest.Check{
	checkVPC, checkDefaultGroup, checkSubnets, checkWaysOut, checkTables, checkS3, checkFlowLog, checkRules, checkGroups,
}

func TestDefaultsAreClosedAndRedundant(t *testing.T) {
	t.Parallel()
	r, _ := record(t, "main", good())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name")
}

func checkVPC(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	vpc := r.One(t, vpcType, "main-vpc")
	require.Equal(t, "10.20.0.0/16", vpc.Value(t, "cidrBlock"))
	require.Equal(t, true, vpc.Value(t, "enableDnsSupport"))
	require.Equal(t, true, vpc.Value(t, "enableDnsHostnames"))
	for _, res := range r.All() {
		if res.Custom && res.Has("vpcId") {
			require.Equal(t, "main-vpc-id", res.Value(t, "vpcId"), res.Name)
		}
	}
	r.RequireBelow(t, "genericcorp:network:Network")
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "network"})
	r.RequireProtected(t)
}

func checkDefaultGroup(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	group := r.One(t, defaultGroupType, "main-default")
	require.Equal(t, "main-vpc-id", group.Value(t, "vpcId"))
	require.Empty(t, group.Value(t, "ingress"))
	require.Empty(t, group.Value(t, "egress"))
}

func checkSubnets(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(subnetType), 9)
	for i, letter := range []string{"a", "b", "c"} {
		for _, want := range []struct{ kind, cidr, table, tag string }{
			{"private", fmt.Sprintf("10.20.%d.0/20", 32*i), "main-private-" + letter, "kubernetes.io/role/internal-elb"},
			{"public", fmt.Sprintf("10.20.%d.0/21", 32*i+16), "main-public", "kubernetes.io/role/elb"},
			{"database", fmt.Sprintf("10.20.%d.0/22", 32*i+24), "main-database", ""},
		} {
			name := "main-" + want.kind + "-" + letter
			subnet := r.One(t, subnetType, name)
			require.Equal(t, want.cidr, subnet.Value(t, "cidrBlock"))
			require.Equal(t, "us-east-1"+letter, subnet.Value(t, "availabilityZone"))
			require.Equal(t, false, subnet.Value(t, "mapPublicIpOnLaunch"))
			tags, _ := subnet.Value(t, "tags").(map[string]any)
			for _, tag := range []string{"kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"} {
				require.Equal(t, tag == want.tag, tags[tag] == "1", "%s of %s", tag, name)
			}
			association := r.One(t, associationType, name)
			require.Equal(t, name+"-id", association.Value(t, "subnetId"))
			require.Equal(t, want.table+"-id", association.Value(t, "routeTableId"))
		}
	}
}

func checkWaysOut(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(natType), 3)
	require.Len(t, r.OfType(eipType), 3)
	for _, letter := range []string{"a", "b", "c"} {
		require.Equal(t, "vpc", r.One(t, eipType, "main-nat-"+letter).Value(t, "domain"))
		nat := r.One(t, natType, "main-nat-"+letter)
		require.Equal(t, "main-public-"+letter+"-id", nat.Value(t, "subnetId"))
		require.Equal(t, "main-nat-"+letter+"-id", nat.Value(t, "allocationId"))
		requireRoute(t, r.One(t, routesType, "main-private-"+letter), "natGatewayId", "main-nat-"+letter+"-id")
	}
}

func TestSingleNATServesAllZones(t *testing.T) {
	t.Parallel()
	args := good()
	args.NAT = network.NATSingle
	r, _ := record(t, "main", args)
	require.Len(t, r.OfType(natType), 1)
	require.Len(t, r.OfType(eipType), 1)
	for _, letter := range []string{"a", "b", "c"} {
		requireRoute(t, r.One(t, routesType, "main-private-"+letter), "natGatewayId", "main-nat-a-id")
	}
}

func checkTables(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	requireRoute(t, r.One(t, routesType, "main-public"), "gatewayId", "main-internet-id")
	require.Empty(t, r.One(t, routesType, "main-database").Value(t, "routes"))
}

// requireRoute checks that the table's only route leads everything there.
func requireRoute(t testing.TB, table pulumitest.Resource, gateway, id string) {
	t.Helper()
	require.Equal(t, []any{map[string]any{"cidrBlock": "0.0.0.0/0", gateway: id}}, table.Value(t, "routes"))
}

func checkS3(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(endpointType), 1, "no endpoint that costs by default")
	s3 := r.One(t, endpointType, "main-s3")
	require.Equal(t, "com.amazonaws.us-east-1.s3", s3.Value(t, "serviceName"))
	require.Equal(t, "Gateway", s3.Value(t, "vpcEndpointType"))
	require.Equal(t, []any{"main-private-a-id", "main-private-b-id", "main-private-c-id"}, s3.Value(t, "routeTableIds"))
}

func TestInterfaceEndpoints(t *testing.T) {
	t.Parallel()
	args := good()
	args.InterfaceEndpoints = []string{"ecr.api", "secretsmanager"}
	r, _ := record(t, "main", args)
	for name, service := range map[string]string{"ecr-api": "ecr.api", "secretsmanager": "secretsmanager"} {
		endpoint := r.One(t, endpointType, "main-"+name)
		for input, want := range map[string]any{
			"serviceName":       "com.amazonaws.us-east-1." + service,
			"vpcEndpointType":   "Interface",
			"privateDnsEnabled": true,
			"subnetIds":         []any{"main-private-a-id", "main-private-b-id", "main-private-c-id"},
			"securityGroupIds":  []any{"main-endpoints-id"},
		} {
			require.Equal(t, want, endpoint.Value(t, input), input)
		}
	}
}

func checkFlowLog(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	group := r.One(t, logGroupType, "main-flow-log")
	require.Equal(t, 90.0, group.Value(t, "retentionInDays"))
	require.Equal(t, "key-logs", group.Value(t, "kmsKeyId"))
	const arn = "arn:aws:logs:us-east-1:123456789012:log-group:main-flow-log"
	for input, want := range map[string]any{
		"vpcId": "main-vpc-id", "trafficType": "ALL", "logDestinationType": "cloud-watch-logs", "logDestination": arn,
		"iamRoleArn": "arn:aws:iam:us-east-1:123456789012:main-flow-log",
	} {
		require.Equal(t, want, r.One(t, flowLogType, "main-flow").Value(t, input), input)
	}
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["vpc-flow-logs.amazonaws.com"]},
		"Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}
	}]}`, text(t, r.One(t, roleType, "main-flow-log"), "assumeRolePolicy"))
	require.Equal(t, "main-flow-log", r.One(t, policyType, "main-flow-log").Value(t, "role"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Resource": ["`+arn+`", "`+arn+`:*"],
		"Action": ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"]
	}]}`, text(t, r.One(t, policyType, "main-flow-log"), "policy"))
}

func text(t testing.TB, res pulumitest.Resource, input string) string {
	t.Helper()
	s, ok := res.Value(t, input).(string)
	require.True(t, ok)
	return s
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, outputs := record(t, "main", good())
	known := func(value any) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	subnets := func(kind string) pulumitest.Output {
		return known([]string{"main-" + kind + "-a-id", "main-" + kind + "-b-id", "main-" + kind + "-c-id"})
	}
	require.Equal(t, map[string]pulumitest.Output{
		"VpcID":                      known("main-vpc-id"),
		"PublicSubnetIDs":            subnets("public"),
		"PrivateSubnetIDs":           subnets("private"),
		"DatabaseSubnetIDs":          subnets("database"),
		"NodeSecurityGroupID":        known("main-nodes-id"),
		"DatabaseSecurityGroupID":    known("main-database-id"),
		"CacheSecurityGroupID":       known("main-cache-id"),
		"ProvisionerSecurityGroupID": known("main-provisioner-id"),
	}, outputs)
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := record(t, strings.Repeat("very-long-name-", 20)+"end", good())
	r.RequireNamesFit(t)
}
