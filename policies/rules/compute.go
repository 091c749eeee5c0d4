package rules

import (
	"fmt"

	"github.com/genericcorp/platform/internal/property"
)

// computeRules are the rules of servers, their disks and launch templates.
func computeRules() []*Rule {
	return []*Rule{
		{
			ID: "imdsv2-required", Severity: Mandatory, Frameworks: []string{"EC2.170", "EC2.8", "CKV_AWS_79"}, Types: []string{launchTemplate, instance},
			Must:     "the metadata service of an instance must require session tokens (IMDSv2)",
			Remedy:   "set metadataOptions.httpTokens to required",
			evaluate: mustBeOneOf("metadataOptions.httpTokens", "required"),
		},
		{
			ID: "ebs-encrypted", Severity: Mandatory, Frameworks: []string{"EC2.181", "CKV_AWS_3", "CKV_AWS_8"}, Types: []string{launchTemplate, instance, volume},
			Must:     "every disk must be encrypted",
			Remedy:   "set encrypted to true on each disk, and configure the root disk",
			Limits:   "does not know whether the account encrypts disks by default",
			evaluate: checkDisks,
		},
		{
			ID: "no-public-address", Severity: Mandatory, Frameworks: []string{"EC2.25", "EC2.9", "CKV_AWS_88"}, Types: []string{launchTemplate, instance},
			Must:     "an instance must not have a public address",
			Remedy:   "set associatePublicIpAddress to false and reach the instance through a load balancer",
			evaluate: checkPublicAddress,
		},
	}
}

func checkDisks(_ Environment, r *Resource) []string {
	switch r.Type {
	case volume:
		return unencrypted(r.Properties, "")
	case instance:
		if r.Properties.State("rootBlockDevice") == property.Unknown {
			return nil
		}
		return append(unencrypted(r.Properties, "rootBlockDevice."), unencryptedEach(r.Properties, "ebsBlockDevices", "")...)
	}
	disks := r.Properties.Objects("blockDeviceMappings")
	if disks.Unknown() || disks.Partial || len(disks.Value) > 0 {
		return unencryptedEach(r.Properties, "blockDeviceMappings", "ebs.")
	}
	return []string{"blockDeviceMappings configures no disk, so the image decides"}
}

// unencrypted checks the disk whose properties begin with prefix.
func unencrypted(disk property.Object, prefix string) []string {
	path := prefix + "encrypted"
	if v := disk.Bool(path); v.Unknown() || v.Known() && v.Value {
		return nil
	}
	return []string{disk.Describe(path)}
}

func unencryptedEach(o property.Object, list, prefix string) []string {
	var seen []string
	for i, disk := range o.Objects(list).Value {
		if disk.State("noDevice") == property.Known || disk.State("virtualName") == property.Known {
			continue // a disk taken away, or an instance store
		}
		for _, s := range unencrypted(disk, prefix) {
			seen = append(seen, fmt.Sprintf("%s.%d.%s", list, i, s))
		}
	}
	return seen
}

func checkPublicAddress(_ Environment, r *Resource) []string {
	seen := mustNotBeTrue("associatePublicIpAddress")(Environment{}, r)
	for i, card := range r.Properties.Objects("networkInterfaces").Value {
		if v := card.Bool("associatePublicIpAddress"); v.Known() && v.Value {
			seen = append(seen, fmt.Sprintf("networkInterfaces.%d.%s", i, card.Describe("associatePublicIpAddress")))
		}
	}
	return seen
}
