package network_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/network"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	aRegion  = `expected a region such as "us-east-1"`
	aCIDR    = "expected a private IPv4 range (RFC 1918) from /16 to /22, written by its first address"
	aZone    = "expected a zone of us-east-1"
	aService = `expected the short name of a service such as "ecr.api"`
	aKept    = "expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"
	noKey    = "logKeyArn: got <nil>, expected the ARN of a KMS key"
)

func TestBadArgs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*network.NetworkArgs)
		message string // lines, each without the component's name
	}{
		"everything": {
			func(a *network.NetworkArgs) {
				*a = network.NetworkArgs{
					Region: "us-east-1", CIDR: "10.0.0.0/8", Zones: []string{"us-east-1a", "us-east-1a", "eu-west-1a"}, NAT: "none",
					FlowLogRetentionDays: 2, InterfaceEndpoints: []string{"ECR", "s3", "sqs", "sqs"},
				}
			},
			`cidr: got "10.0.0.0/8", ` + aCIDR + "\n" +
				`zones[1]: got "us-east-1a", expected a value that is not in the list already` + "\n" +
				`zones[2]: got "eu-west-1a", ` + aZone + "\n" +
				`nat: got "none", expected perZone or single` + "\n" +
				`interfaceEndpoints[0]: got "ECR", ` + aService + "\n" +
				`interfaceEndpoints[3]: got "sqs", expected a value that is not in the list already` + "\n" +
				`interfaceEndpoints[1]: got "s3", expected no S3: its gateway endpoint is always there, and free` + "\n" +
				"flowLogRetentionDays: got 2, " + aKept + "\n" + noKey,
		},
		"nothing": {
			func(a *network.NetworkArgs) { *a = network.NetworkArgs{} },
			`region: got "", ` + aRegion + "\n" + `cidr: got "", ` + aCIDR + "\n" +
				noKey,
		},
		"one zone": {
			func(a *network.NetworkArgs) { a.Zones = []string{"us-east-1a"} },
			"zones: got 1 element, expected 2 to 6 different zones of the region",
		},
		"public":        {func(a *network.NetworkArgs) { a.CIDR = "8.8.0.0/16" }, `cidr: got "8.8.0.0/16", ` + aCIDR},
		"not a network": {func(a *network.NetworkArgs) { a.CIDR = "10.20.0.0" }, `cidr: got "10.20.0.0", ` + aCIDR},
		"host bits":     {func(a *network.NetworkArgs) { a.CIDR = "10.20.0.1/16" }, `cidr: got "10.20.0.1/16", ` + aCIDR},
		"too small":     {func(a *network.NetworkArgs) { a.CIDR = "10.20.0.0/23" }, `cidr: got "10.20.0.0/23", ` + aCIDR},
		"six and one": {
			func(a *network.NetworkArgs) {
				a.Zones = nil
				for _, letter := range "abcdefg" {
					a.Zones = append(a.Zones, "us-east-1"+string(letter))
				}
			},
			"zones: got 7 elements, expected 2 to 6 different zones of the region\n" + `zones[6]: got "us-east-1g", ` + aZone,
		},
		"local zone": {
			func(a *network.NetworkArgs) { a.Zones = []string{"us-east-1a", "us-east-1-bos-1a"} },
			`zones[1]: got "us-east-1-bos-1a", ` + aZone,
		},
		"no key": {func(a *network.NetworkArgs) { a.LogKeyARN = nil }, noKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := good()
			c.change(args)
			requireRefused(t, args, c.message)
		})
	}
}

// requireRefused checks the whole message, and that nothing was made.
func requireRefused(t *testing.T, args *network.NetworkArgs, message string) {
	t.Helper()
	const prefix = `network "main": `
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := network.NewNetwork(ctx, "main", args)
		require.EqualError(t, err, prefix+strings.ReplaceAll(message, "\n", "\n"+prefix))
		return err
	})
	require.Error(t, err)
	require.Empty(t, r.OfType(vpcType))
}
