package stacks

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

const (
	oldestMinor      = 35 // AWS ends the standard support of 1.34 on 2026-12-02
	longestGroupName = 20
)

var (
	groupName    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	minorVersion = regexp.MustCompile(`^1\.[1-9][0-9]$`)
	gravitonType = regexp.MustCompile(`^[a-z]{1,3}[0-9]+g[a-z0-9]*\.(medium|large|[0-9]{0,2}xlarge|metal)$`)
)

func (c ClusterSettings) validate(account string, r *report) {
	r.permit(isSupportedKubernetes(c.Version), "cluster.version", c.Version)
	r.list("cluster.publicAccessCidrs", c.PublicAccessCIDRs, 0, 40,
		"an IPv4 range of /16 or smaller, written by its first address", isAccessRange)
	r.list("cluster.administrators", c.Administrators, 0, 50, "the ARN of an IAM role", isRoleARN)
	for i, arn := range c.Administrators {
		r.require(strings.HasPrefix(arn, "arn:aws:iam::"+account+":"), item("cluster.administrators", i), arn,
			"a role of the account "+account, "account")
	}
	given := literal(fmt.Sprintf("%d groups", len(c.NodeGroups)))
	r.permit(len(c.NodeGroups) >= 1 && len(c.NodeGroups) <= 10, "cluster.nodeGroups", given)
	names := map[string]bool{}
	for i, group := range c.NodeGroups {
		key := item("cluster.nodeGroups", i)
		group.validate(key, r)
		r.require(!names[group.Name], key+".name", group.Name, "a name that no other group has")
		names[group.Name] = true
	}
}

func isSupportedKubernetes(version string) bool {
	if !minorVersion.MatchString(version) {
		return false
	}
	minor, err := strconv.Atoi(strings.TrimPrefix(version, "1."))
	return err == nil && minor >= oldestMinor
}

func (g NodeGroupSettings) validate(key string, r *report) {
	r.permit(groupName.MatchString(g.Name) && len(g.Name) <= longestGroupName, key+".name", g.Name)
	r.list(key+".instanceTypes", g.InstanceTypes, 1, 20,
		`a Graviton (arm64) type such as "m7g.large"`, gravitonType.MatchString)
	r.between(key+".min", g.Min, 0, 100)
	r.permit(g.Max >= max(1, g.Min) && g.Max <= 100, key+".max", g.Max, key+".min")
	r.permit(g.Desired >= g.Min && g.Desired <= g.Max, key+".desired", g.Desired, key+".min", key+".max")
	r.between(key+".diskGiB", g.DiskGiB, 20, 1000)
}
