package cloud

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
	"github.com/genericcorp/platform/tests/localcloud/servers"
)

// endpoints are the databases and caches that the AWS API shows, each with a subnet that it is in.
func (r *run) endpoints(ctx context.Context) ([]nodes.Endpoint, error) {
	databases, err := r.query(ctx, "rds", "DescribeDBInstances", "2014-10-31", nil)
	if err != nil {
		return nil, err
	}
	var list []nodes.Endpoint
	for _, instance := range databases.FindElements("//DBInstances/DBInstance") {
		list, err = r.addEndpoint(ctx, list, instance.FindElement("Endpoint"), text(instance, "DBSubnetGroup/Subnets/Subnet[1]/SubnetIdentifier"))
		if err != nil {
			return nil, err
		}
	}
	caches, err := r.query(ctx, "elasticache", "DescribeReplicationGroups", "2015-02-02", nil)
	if err != nil {
		return nil, err
	}
	subnets, err := r.query(ctx, "elasticache", "DescribeCacheSubnetGroups", "2015-02-02", nil)
	if err != nil {
		return nil, err
	}
	subnet := text(&subnets.Element, "//CacheSubnetGroups/CacheSubnetGroup[1]/Subnets/Subnet[1]/SubnetIdentifier")
	for _, group := range caches.FindElements("//NodeGroups/NodeGroup") {
		for _, kind := range []string{"PrimaryEndpoint", "ReaderEndpoint"} {
			if list, err = r.addEndpoint(ctx, list, group.FindElement(kind), subnet); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// addEndpoint adds what the AWS API shows as an endpoint; what is not there yet is left out.
func (r *run) addEndpoint(ctx context.Context, list []nodes.Endpoint, shown *etree.Element, subnet string) ([]nodes.Endpoint, error) {
	if shown == nil || subnet == "" {
		return list, nil
	}
	address, err := netip.ParseAddrPort(text(shown, "Address") + ":" + text(shown, "Port"))
	if err != nil {
		return list, nil //nolint:nilerr // an instance that is being made has none
	}
	subnets, err := r.query(ctx, "ec2", "DescribeSubnets", "2016-11-15", url.Values{"SubnetId.1": {subnet}})
	if err != nil {
		return nil, err
	}
	prefix, err := netip.ParsePrefix(text(&subnets.Element, "//subnetSet/item[1]/cidrBlock"))
	if err != nil {
		return nil, fmt.Errorf("the range of subnet %s: %w", subnet, err)
	}
	return append(list, nodes.Endpoint{Address: address, Subnet: prefix}), nil
}

// query asks the cloud's own AWS API.
func (r *run) query(ctx context.Context, service, action, version string, in url.Values) (*etree.Document, error) {
	asked := url.Values{"Action": {action}, "Version": {version}}
	for key, values := range in {
		asked[key] = values
	}
	response, err := awsapi.Account{ID: servers.AccountID, Region: servers.Region}.Query(ctx, r.endpoint.gateway, service, asked)
	if err != nil {
		return nil, err
	}
	document := response.XML()
	if !response.OK() || document == nil {
		return nil, fmt.Errorf("%s: the AWS API refuses %s", service, action)
	}
	return document, nil
}

// text is that of the element at a path, or nothing.
func text(element *etree.Element, path string) string {
	if found := element.FindElement(path); found != nil {
		return found.Text()
	}
	return ""
}
