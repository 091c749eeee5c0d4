package network

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/network/ports"
)

// makeEndpoints lets the private subnets reach S3, and the services asked for, without the NAT gateways.
func (b *builder) makeEndpoints(subnets, tables pulumi.StringArray) error {
	_, err := ec2.NewVpcEndpoint(b.ctx, b.name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           b.vpc.ID(),
		ServiceName:     b.service("s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   tables,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create endpoint of s3: %w", err)
	}
	if len(b.args.InterfaceEndpoints) == 0 {
		return nil
	}
	group, err := b.securityGroup("endpoints", "AWS services inside the network")
	if err != nil {
		return err
	}
	// Inside the network the service's public name leads to the endpoint, so every client in it must get in.
	err = b.ingress("endpoints-from-network", group, "HTTPS from the whole network", ports.HTTPS, peer{cidr: b.args.CIDR})
	if err != nil {
		return err
	}
	for _, service := range b.args.InterfaceEndpoints {
		_, err := ec2.NewVpcEndpoint(b.ctx, b.name+"-"+strings.ReplaceAll(service, ".", "-"), &ec2.VpcEndpointArgs{
			VpcId:             b.vpc.ID(),
			ServiceName:       b.service(service),
			VpcEndpointType:   pulumi.String("Interface"),
			PrivateDnsEnabled: pulumi.Bool(true),
			SubnetIds:         subnets,
			SecurityGroupIds:  pulumi.StringArray{group},
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create endpoint of %s: %w", service, err)
		}
	}
	return nil
}

func (b *builder) service(short string) pulumi.String {
	return pulumi.String("com.amazonaws." + b.args.Region + "." + short)
}
