package eks

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

func TestZonesOfACluster(t *testing.T) {
	t.Parallel()
	subnet := func(zone, id string) string {
		return "<item><availabilityZone>" + zone + "</availabilityZone><availabilityZoneId>" + id + "</availabilityZoneId></item>"
	}
	for name, c := range map[string]struct{ subnets, refused string }{
		"two zones":               {subnet("us-east-1a", "use1-az6") + subnet("us-east-1b", "use1-az1"), ""},
		"one zone":                {subnet("us-east-1a", "use1-az6") + subnet("us-east-1a", "use1-az6"), "at least two different AZs"},
		"a zone without clusters": {subnet("us-east-1a", "use1-az6") + subnet("us-east-1e", "use1-az3"), "because us-east-1e, the targeted Availability Zone"},
	} {
		emulator := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<R><subnetSet>"+c.subnets+"</subnetSet></R>")
		})
		client := api.NewFromConfig(awsapitest.Config(t, New(Config{Account: awsapitest.Account}, emulator)))
		_, err := client.CreateCluster(t.Context(), &api.CreateClusterInput{
			Name: aws.String("c"), RoleArn: aws.String("r"), ResourcesVpcConfig: &types.VpcConfigRequest{SubnetIds: []string{"s-1", "s-2"}},
		})
		if c.refused == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.refused, name)
		list, err := client.ListClusters(t.Context(), &api.ListClustersInput{})
		require.NoError(t, err)
		require.Empty(t, list.Clusters)
	}
}
