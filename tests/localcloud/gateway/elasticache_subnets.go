package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"
)

// cacheSubnetGroup is where the nodes of a cache may stand, kept in the form in which it is told.
type cacheSubnetGroup struct {
	ARN          string        `xml:"ARN"`
	Name         string        `xml:"CacheSubnetGroupName"`
	Description  string        `xml:"CacheSubnetGroupDescription"`
	VPC          string        `xml:"VpcId"`
	NetworkTypes []string      `xml:"SupportedNetworkTypes>member"`
	Subnets      []cacheSubnet `xml:"Subnets>Subnet"`
}

type cacheSubnet struct {
	ID   string `xml:"SubnetIdentifier"`
	Zone string `xml:"SubnetAvailabilityZone>Name"`
}

type oneSubnetGroup struct {
	Group *cacheSubnetGroup `xml:"CacheSubnetGroup"`
}

func (e *elasticache) createSubnetGroup(in url.Values) (any, error) {
	name := strings.ToLower(in.Get("CacheSubnetGroupName"))
	if _, exists := e.subnets[name]; exists {
		return nil, badRequest("CacheSubnetGroupAlreadyExists", "CacheSubnetGroup %s already exists.", name)
	}
	group := &cacheSubnetGroup{
		ARN: e.arn("subnetgroup", name), Name: name, Description: in.Get("CacheSubnetGroupDescription"), NetworkTypes: []string{"ipv4"},
	}
	if err := e.place(group, numbered(in, "SubnetIds.SubnetIdentifier")); err != nil {
		return nil, err
	}
	e.subnets[name] = group
	e.tags.add(group.ARN, tagsOf(in))
	return oneSubnetGroup{group}, nil
}

// subnetGroup finds the request's subnet group.
func (e *elasticache) subnetGroup(in url.Values) (*cacheSubnetGroup, error) {
	name := strings.ToLower(in.Get("CacheSubnetGroupName"))
	if found, ok := e.subnets[name]; ok {
		return found, nil
	}
	return nil, badRequest("CacheSubnetGroupNotFoundFault", "CacheSubnetGroup %s not found.", name)
}

func (e *elasticache) describeSubnetGroups(in url.Values) (any, error) {
	var list []*cacheSubnetGroup
	if in.Get("CacheSubnetGroupName") != "" {
		group, err := e.subnetGroup(in)
		if err != nil {
			return nil, err
		}
		list = append(list, group)
	} else {
		for _, name := range slices.Sorted(maps.Keys(e.subnets)) {
			list = append(list, e.subnets[name])
		}
	}
	return struct {
		Groups []*cacheSubnetGroup `xml:"CacheSubnetGroups>CacheSubnetGroup"`
	}{list}, nil
}

func (e *elasticache) modifySubnetGroup(in url.Values) (any, error) {
	group, err := e.subnetGroup(in)
	if err != nil {
		return nil, err
	}
	if ids := numbered(in, "SubnetIds.SubnetIdentifier"); len(ids) > 0 {
		if err := e.place(group, ids); err != nil {
			return nil, err
		}
	}
	if in.Has("CacheSubnetGroupDescription") {
		group.Description = in.Get("CacheSubnetGroupDescription")
	}
	return oneSubnetGroup{group}, nil
}

func (e *elasticache) deleteSubnetGroup(in url.Values) (any, error) {
	group, err := e.subnetGroup(in)
	if err != nil {
		return nil, err
	}
	if user := e.user("CacheSubnetGroupName", group.Name); user != "" {
		return nil, badRequest("CacheSubnetGroupInUse", "CacheSubnetGroup %s is used by replication group %s.", group.Name, user)
	}
	delete(e.subnets, group.Name)
	delete(e.tags, group.ARN)
	return struct{}{}, nil
}

// place asks the emulator where the subnets are, and puts the group there.
func (e *elasticache) place(group *cacheSubnetGroup, ids []string) error {
	question := url.Values{"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"}}
	for i, id := range ids {
		question.Set("SubnetId."+strconv.Itoa(i+1), id)
	}
	r, err := http.NewRequest(http.MethodPost, "http://ec2."+e.config.Region+".amazonaws.com/", strings.NewReader(question.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=local/20260101/%s/ec2/aws4_request, SignedHeaders=host, Signature=0", e.config.Region))
	found := etree.NewDocument()
	answered := relay(e.backend, r)
	if !answered.ok() || found.ReadFromBytes(answered.body.Bytes()) != nil {
		return badRequest("InvalidSubnet", "EC2 does not know all of the subnets %s.", strings.Join(ids, ", "))
	}
	vpc, subnets := "", []cacheSubnet(nil)
	for _, item := range found.FindElements("//subnetSet/item") {
		subnets = append(subnets, cacheSubnet{ID: textOf(item, "subnetId"), Zone: textOf(item, "availabilityZone")})
		vpc = textOf(item, "vpcId")
	}
	slices.SortFunc(subnets, func(a, b cacheSubnet) int { return strings.Compare(a.Zone+a.ID, b.Zone+b.ID) })
	group.VPC, group.Subnets = vpc, subnets
	return nil
}

// textOf is the text of a child, and empty when there is none.
func textOf(element *etree.Element, child string) string {
	if found := element.SelectElement(child); found != nil {
		return found.Text()
	}
	return ""
}
