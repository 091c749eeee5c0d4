package observe

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/beevik/etree"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// ask asks one of the services of the way in. Clients of three services more would be compiled for a handful of questions.
func ask(t testing.TB, c *testcloud.Cloud, service, method, path string, header http.Header, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(testcloud.Context(t), method, c.AWSEndpoint+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	r.Host = service + "." + c.Region + ".amazonaws.com"
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/"+c.Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, http.StatusMultipleChoices, "%s %s: %s", service, path, answer)
	return string(answer)
}

// Query asks a service that is asked by a form. The values are keys and values in turn.
func Query(t testing.TB, c *testcloud.Cloud, service, version, action string, values ...string) *etree.Document {
	t.Helper()
	in := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i+1 < len(values); i += 2 {
		in.Set(values[i], values[i+1])
	}
	return document(t, ask(t, c, service, http.MethodPost, "/", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, in.Encode()))
}

// ELB asks Elastic Load Balancing.
func ELB(t testing.TB, c *testcloud.Cloud, action string, values ...string) *etree.Document {
	t.Helper()
	return Query(t, c, "elasticloadbalancing", "2015-12-01", action, values...)
}

// Zones asks Route 53, at a path below that of hosted zones.
func Zones(t testing.TB, c *testcloud.Cloud, method, path, body string) *etree.Document {
	t.Helper()
	return document(t, ask(t, c, "route53", method, "/2013-04-01/hostedzone"+path, http.Header{}, body))
}

func document(t testing.TB, text string) *etree.Document {
	t.Helper()
	d := etree.NewDocument()
	require.NoError(t, d.ReadFromString(text), text)
	return d
}

// Texts are the texts at a path.
func Texts(d *etree.Document, path string) []string {
	var list []string
	for _, element := range d.FindElements(path) {
		list = append(list, element.Text())
	}
	return list
}

// ACM asks AWS Certificate Manager.
func ACM(t testing.TB, c *testcloud.Cloud, operation, in string) map[string]any {
	t.Helper()
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"CertificateManager." + operation}}
	out := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(ask(t, c, "acm", http.MethodPost, "/", header, in)), &out))
	return out
}

func listLoadBalancers(t testing.TB, c *testcloud.Cloud) []string {
	return Texts(ELB(t, c, "DescribeLoadBalancers"), "//LoadBalancers/member/LoadBalancerArn")
}

func listTargetGroups(t testing.TB, c *testcloud.Cloud) []string {
	return Texts(ELB(t, c, "DescribeTargetGroups"), "//TargetGroups/member/TargetGroupArn")
}

func listCertificates(t testing.TB, c *testcloud.Cloud) (arns []string) {
	list, _ := ACM(t, c, "ListCertificates", "{}")["CertificateSummaryList"].([]any)
	for _, each := range list {
		summary, _ := each.(map[string]any)
		arn, _ := summary["CertificateArn"].(string)
		arns = append(arns, arn)
	}
	return arns
}

// listRecords lists the names of the records of all zones, without those that a zone is born with.
func listRecords(t testing.TB, c *testcloud.Cloud) (names []string) {
	for _, id := range Texts(Zones(t, c, http.MethodGet, "", ""), "//HostedZone/Id") {
		records := Zones(t, c, http.MethodGet, strings.TrimPrefix(id, "/hostedzone")+"/rrset", "")
		for _, record := range records.FindElements("//ResourceRecordSet") {
			if kind := record.FindElement("Type").Text(); kind != "NS" && kind != "SOA" {
				names = append(names, kind+" "+record.FindElement("Name").Text())
			}
		}
	}
	return names
}

// ScalingGroups are the names of the Auto Scaling groups of the cluster's node groups.
func ScalingGroups(t testing.TB, c *testcloud.Cloud) (names []string) {
	client := eks.NewFromConfig(c.AWS())
	for _, cluster := range listClusters(t, c) {
		groups, err := client.ListNodegroups(testcloud.Context(t), &eks.ListNodegroupsInput{ClusterName: aws.String(cluster)})
		require.NoError(t, err)
		for _, name := range groups.Nodegroups {
			group, err := client.DescribeNodegroup(testcloud.Context(t), &eks.DescribeNodegroupInput{ClusterName: aws.String(cluster), NodegroupName: aws.String(name)})
			require.NoError(t, err)
			for _, scaling := range group.Nodegroup.Resources.AutoScalingGroups {
				names = append(names, aws.ToString(scaling.Name))
			}
		}
	}
	return names
}
