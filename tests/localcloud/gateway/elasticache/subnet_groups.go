package elasticache

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// subnetGroup is where the nodes of a cache may be, kept in the form in which it is shown.
type subnetGroup struct {
	ARN          string   `xml:"ARN"`
	Name         string   `xml:"CacheSubnetGroupName"`
	Description  string   `xml:"CacheSubnetGroupDescription"`
	VPC          string   `xml:"VpcId"`
	NetworkTypes []string `xml:"SupportedNetworkTypes>member"`
	Subnets      []subnet `xml:"Subnets>Subnet"`
}

type subnet struct {
	ID   string `xml:"SubnetIdentifier"`
	Zone string `xml:"SubnetAvailabilityZone>Name"`
}

type oneSubnetGroup struct {
	Group *subnetGroup `xml:"CacheSubnetGroup"`
}

func (s *Service) createSubnetGroup(in url.Values) (any, error) {
	name := strings.ToLower(in.Get("CacheSubnetGroupName"))
	if _, exists := s.subnets[name]; exists {
		return nil, awsapi.BadRequest("CacheSubnetGroupAlreadyExists", "CacheSubnetGroup %s already exists.", name)
	}
	group := &subnetGroup{
		ARN: s.arn("subnetgroup", name), Name: name, Description: in.Get("CacheSubnetGroupDescription"), NetworkTypes: []string{"ipv4"},
	}
	if err := s.locate(group, awsapi.Members(in, "SubnetIds.SubnetIdentifier")); err != nil {
		return nil, err
	}
	s.subnets[name] = group
	s.tags.Add(group.ARN, tagsOf(in))
	return oneSubnetGroup{group}, nil
}

// subnetGroup finds the request's subnet group.
func (s *Service) subnetGroup(in url.Values) (*subnetGroup, error) {
	name := strings.ToLower(in.Get("CacheSubnetGroupName"))
	if found, ok := s.subnets[name]; ok {
		return found, nil
	}
	return nil, awsapi.BadRequest("CacheSubnetGroupNotFoundFault", "CacheSubnetGroup %s not found.", name)
}

func (s *Service) describeSubnetGroups(in url.Values) (any, error) {
	var list []*subnetGroup
	if in.Get("CacheSubnetGroupName") != "" {
		group, err := s.subnetGroup(in)
		if err != nil {
			return nil, err
		}
		list = append(list, group)
	} else {
		for _, name := range slices.Sorted(maps.Keys(s.subnets)) {
			list = append(list, s.subnets[name])
		}
	}
	return struct {
		Groups []*subnetGroup `xml:"CacheSubnetGroups>CacheSubnetGroup"`
	}{list}, nil
}

func (s *Service) modifySubnetGroup(in url.Values) (any, error) {
	group, err := s.subnetGroup(in)
	if err != nil {
		return nil, err
	}
	if ids := awsapi.Members(in, "SubnetIds.SubnetIdentifier"); len(ids) > 0 {
		if err := s.locate(group, ids); err != nil {
			return nil, err
		}
	}
	if in.Has("CacheSubnetGroupDescription") {
		group.Description = in.Get("CacheSubnetGroupDescription")
	}
	return oneSubnetGroup{group}, nil
}

func (s *Service) deleteSubnetGroup(in url.Values) (any, error) {
	group, err := s.subnetGroup(in)
	if err != nil {
		return nil, err
	}
	if user := s.user("CacheSubnetGroupName", group.Name); user != "" {
		return nil, awsapi.BadRequest("CacheSubnetGroupInUse", "CacheSubnetGroup %s is used by replication group %s.", group.Name, user)
	}
	delete(s.subnets, group.Name)
	delete(s.tags, group.ARN)
	return struct{}{}, nil
}

// locate asks the emulator where the subnets are, and notes it in the group.
func (s *Service) locate(group *subnetGroup, ids []string) error {
	query := url.Values{"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"}}
	for i, id := range ids {
		query.Set("SubnetId."+strconv.Itoa(i+1), id)
	}
	r, err := http.NewRequest(http.MethodPost, "http://ec2."+s.config.Account.Region+".amazonaws.com/", strings.NewReader(query.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=local/20260101/%s/ec2/aws4_request, SignedHeaders=host, Signature=0", s.config.Account.Region))
	response := awsapi.Forward(s.emulator, r)
	found := response.XML()
	if !response.OK() || found == nil {
		return awsapi.BadRequest("InvalidSubnet", "EC2 does not know all of the subnets %s.", strings.Join(ids, ", "))
	}
	vpc, subnets := "", []subnet(nil)
	for _, item := range found.FindElements("//subnetSet/item") {
		subnets = append(subnets, subnet{ID: childText(item, "subnetId"), Zone: childText(item, "availabilityZone")})
		vpc = childText(item, "vpcId")
	}
	slices.SortFunc(subnets, func(a, b subnet) int { return strings.Compare(a.Zone+a.ID, b.Zone+b.ID) })
	group.VPC, group.Subnets = vpc, subnets
	return nil
}

// childText is the text of a child, and empty when there is none.
func childText(element *etree.Element, child string) string {
	if found := element.SelectElement(child); found != nil {
		return found.Text()
	}
	return ""
}
