package elbv2

import (
	"context"
	"net/url"
	"strconv"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// checkLoadBalancer refuses a load balancer that could not stand where it is to. That a subnet of one that faces the internet leads there
// AWS does not check: its console warns, and makes it (https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2222).
func (s *service) checkLoadBalancer(ctx context.Context, in url.Values) error {
	if in.Get("Type") != "network" {
		return nil
	}
	subnets := url.Values{"Action": {"DescribeSubnets"}}
	for i, id := range awsapi.Members(in, "Subnets.member") {
		subnets.Set("SubnetId."+strconv.Itoa(i+1), id)
	}
	document, err := s.askEC2(ctx, subnets)
	if err != nil {
		return err
	}
	network, zones := "", map[string]bool{}
	for _, subnet := range document.FindElements("//subnetSet/item") {
		network = text(subnet, "vpcId")
		zone := text(subnet, "availabilityZone")
		if zones[zone] {
			// Elastic Load Balancing API Reference, CreateLoadBalancer, Subnets: one subnet an Availability Zone.
			return awsapi.BadRequest("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones[zone] = true
	}
	if network == "" {
		return nil // the emulator knows what is wrong
	}
	if in.Get("Scheme") != "internal" {
		gateways, err := s.askEC2(ctx, url.Values{"Action": {"DescribeInternetGateways"}, "Filter.1.Name": {"attachment.vpc-id"}, "Filter.1.Value.1": {network}})
		if err != nil {
			return err
		}
		if gateways.FindElement("//internetGatewaySet/item") == nil {
			return awsapi.BadRequest("InvalidSubnet", "VPC %s has no internet gateway", network) // https://github.com/openshift/installer/issues/1110
		}
	}
	return s.checkGroups(ctx, awsapi.Members(in, "SecurityGroups.member"), network)
}

// checkGroups refuses security groups of another network.
// Source of the message: https://github.com/hashicorp/terraform/issues/30261
func (s *service) checkGroups(ctx context.Context, groups []string, network string) error {
	for _, id := range groups {
		document, err := s.askEC2(ctx, url.Values{"Action": {"DescribeSecurityGroups"}, "GroupId.1": {id}})
		if err != nil {
			return err
		}
		if group := document.FindElement("//securityGroupInfo/item"); group == nil || text(group, "vpcId") != network {
			return awsapi.BadRequest("InvalidConfigurationRequest", "Security group %q does not belong to VPC %q", id, network)
		}
	}
	return nil
}

// checkSecurityGroups refuses groups for a network load balancer that was made without, and to take all from one that was made with.
// Source: Elastic Load Balancing API Reference, SetSecurityGroups.
func (s *service) checkSecurityGroups(ctx context.Context, in url.Values) error {
	document, err := s.ask(ctx, url.Values{"Action": {"DescribeLoadBalancers"}, "LoadBalancerArns.member.1": {in.Get("LoadBalancerArn")}})
	if err != nil {
		return err
	}
	balancer := document.FindElement("//LoadBalancers/member")
	if balancer == nil || text(balancer, "Type") != "network" {
		return nil
	}
	groups := awsapi.Members(in, "SecurityGroups.member")
	if has := balancer.FindElement("SecurityGroups/member") != nil; has != (len(groups) > 0) {
		return awsapi.BadRequest("InvalidConfigurationRequest",
			"a network load balancer has security groups from its creation on or never (the local cloud): it has some is %t, and %d were given", has, len(groups))
	}
	return s.checkGroups(ctx, groups, text(balancer, "VpcId"))
}

// checkDeletion keeps a load balancer that is protected.
// Source: Elastic Load Balancing API Reference, DeleteLoadBalancer, OperationNotPermitted.
func (s *service) checkDeletion(ctx context.Context, in url.Values) error {
	arn := in.Get("LoadBalancerArn")
	document, err := s.ask(ctx, url.Values{"Action": {"DescribeLoadBalancerAttributes"}, "LoadBalancerArn": {arn}})
	if err != nil {
		return err
	}
	if attribute := document.FindElement("//Attributes/member[Key='deletion_protection.enabled']"); attribute != nil && text(attribute, "Value") == "true" {
		return awsapi.BadRequest("OperationNotPermitted", "Load balancer '%s' cannot be deleted because deletion protection is enabled", arn)
	}
	return nil
}
