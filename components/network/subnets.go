package network

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The tags by which load balancers of a cluster find the subnets to stand in.
var (
	publicTags  = pulumi.StringMap{"kubernetes.io/role/elb": pulumi.String("1")}
	privateTags = pulumi.StringMap{"kubernetes.io/role/internal-elb": pulumi.String("1")}
)

// anywhere is the whole internet.
const anywhere = "0.0.0.0/0"

// makeSubnets makes the subnets of all zones with their routes: public ones through the internet gateway,
// private ones through a NAT gateway and directly to S3, database subnets nowhere but inside.
func (b *builder) makeSubnets() error {
	public, err := b.makePublicSubnets()
	if err != nil {
		return err
	}
	nat, err := b.makeNAT(public)
	if err != nil {
		return err
	}
	private, tables, err := b.makePrivateSubnets(nat)
	if err != nil {
		return err
	}
	database, err := b.makeDatabaseSubnets()
	if err != nil {
		return err
	}
	b.parent.PublicSubnetIDs = public.ToStringArrayOutput()
	b.parent.PrivateSubnetIDs = private.ToStringArrayOutput()
	b.parent.DatabaseSubnetIDs = database.ToStringArrayOutput()
	return b.makeEndpoints(private, tables)
}

func (b *builder) makePublicSubnets() (pulumi.StringArray, error) {
	gateway, err := ec2.NewInternetGateway(b.ctx, b.name+"-internet", &ec2.InternetGatewayArgs{
		VpcId: b.vpc.ID().ToStringOutput().ToStringPtrOutput(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create internet gateway: %w", err)
	}
	table, err := b.routeTable("public", &ec2.RouteTableRouteArgs{
		CidrBlock: pulumi.String(anywhere), GatewayId: gateway.ID().ToStringOutput().ToStringPtrOutput(),
	})
	if err != nil {
		return nil, err
	}
	ids := pulumi.StringArray{}
	for i, zone := range b.layout {
		id, err := b.subnet("public", b.args.Zones[i], zone.Public, table, publicTags)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// makePrivateSubnets gives the subnets and their route tables: one a zone, so that each can have its own NAT.
func (b *builder) makePrivateSubnets(nat []*ec2.NatGateway) (ids, tables pulumi.StringArray, err error) {
	for i, zone := range b.layout {
		gateway := nat[min(i, len(nat)-1)]
		table, err := b.routeTable("private-"+b.zoneSuffix(b.args.Zones[i]), &ec2.RouteTableRouteArgs{
			CidrBlock: pulumi.String(anywhere), NatGatewayId: gateway.ID().ToStringOutput().ToStringPtrOutput(),
		})
		if err != nil {
			return nil, nil, err
		}
		id, err := b.subnet("private", b.args.Zones[i], zone.Private, table, privateTags)
		if err != nil {
			return nil, nil, err
		}
		ids, tables = append(ids, id), append(tables, table.ID().ToStringOutput())
	}
	return ids, tables, nil
}

func (b *builder) makeDatabaseSubnets() (pulumi.StringArray, error) {
	table, err := b.routeTable("database")
	if err != nil {
		return nil, err
	}
	ids := pulumi.StringArray{}
	for i, zone := range b.layout {
		id, err := b.subnet("database", b.args.Zones[i], zone.Database, table, nil)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// makeNAT makes one NAT gateway a zone, or a single one in the first zone.
func (b *builder) makeNAT(public pulumi.StringArray) ([]*ec2.NatGateway, error) {
	if b.args.NAT == NATSingle {
		public = public[:1]
	}
	var gateways []*ec2.NatGateway
	for i, subnet := range public {
		suffix := "-nat-" + b.zoneSuffix(b.args.Zones[i])
		address, err := ec2.NewEip(b.ctx, b.name+suffix, &ec2.EipArgs{Domain: pulumi.String("vpc")}, pulumi.Parent(b.parent))
		if err != nil {
			return nil, fmt.Errorf("create address of NAT gateway: %w", err)
		}
		gateway, err := ec2.NewNatGateway(b.ctx, b.name+suffix, &ec2.NatGatewayArgs{
			AllocationId: address.AllocationId.ToStringPtrOutput(),
			SubnetId:     subnet,
		}, pulumi.Parent(b.parent))
		if err != nil {
			return nil, fmt.Errorf("create NAT gateway: %w", err)
		}
		gateways = append(gateways, gateway)
	}
	return gateways, nil
}

// subnet makes a subnet, ties it to its route table and gives its id as of then. No instance in it gets a public
// address by itself, not even in public subnets: NAT gateways and load balancers bring their own.
func (b *builder) subnet(kind, zone string, cidr netip.Prefix, table *ec2.RouteTable, tags pulumi.StringMap) (pulumi.StringOutput, error) {
	name := b.name + "-" + kind + "-" + b.zoneSuffix(zone)
	args := &ec2.SubnetArgs{
		VpcId:               b.vpc.ID(),
		CidrBlock:           pulumi.String(cidr.String()),
		AvailabilityZone:    pulumi.String(zone),
		MapPublicIpOnLaunch: pulumi.Bool(false),
	}
	if tags != nil {
		args.Tags = tags
	}
	subnet, err := ec2.NewSubnet(b.ctx, name, args, pulumi.Parent(b.parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create %s subnet in %s: %w", kind, zone, err)
	}
	association, err := ec2.NewRouteTableAssociation(b.ctx, name, &ec2.RouteTableAssociationArgs{
		SubnetId:     subnet.ID().ToStringOutput().ToStringPtrOutput(),
		RouteTableId: table.ID(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("give %s subnet in %s its routes: %w", kind, zone, err)
	}
	return association.SubnetId.Elem(), nil
}

// routeTable makes a table with these routes and no other: what somebody adds by hand is taken out again.
func (b *builder) routeTable(suffix string, routes ...ec2.RouteTableRouteInput) (*ec2.RouteTable, error) {
	table, err := ec2.NewRouteTable(b.ctx, b.name+"-"+suffix, &ec2.RouteTableArgs{
		VpcId:  b.vpc.ID(),
		Routes: append(ec2.RouteTableRouteArray{}, routes...),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create %s route table: %w", suffix, err)
	}
	return table, nil
}

// zoneSuffix is the letter of a zone in its region, for names.
func (b *builder) zoneSuffix(zone string) string { return strings.TrimPrefix(zone, b.args.Region) }
