package acm_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/acm"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

const (
	arn    = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	issued = `{"Certificate": {"CertificateArn": "` + arn + `", "Status": "ISSUED", "IssuedAt": 1, "DomainValidationOptions": [
		{"ValidationStatus": "SUCCESS", "ResourceRecord": {"Name": "_a.app.example.", "Value": "_b.acm-validations.aws."}}]}}`
	imported = `{"Certificate": {"CertificateArn": "` + arn + `", "Status": "ISSUED"}}`
	zone     = "<R><HostedZone><Id>/hostedzone/Z1</Id><Name>example.</Name><Config><PrivateZone>false</PrivateZone></Config></HostedZone></R>"
	record   = "<R><ResourceRecordSet><Name>_a.app.example.</Name><ResourceRecords><ResourceRecord><Value>_b.acm-validations.aws</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></R>"
)

type world struct{ certificate, zones, records, listeners string }

func (e *world) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	answer := `{"deleted": true}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/hostedzone"):
		answer = e.zones
	case strings.HasSuffix(r.URL.Path, "/Z1/rrset"):
		answer = e.records
	case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".DescribeCertificate"):
		answer = e.certificate
	case strings.Contains(string(body), "Action=DescribeLoadBalancers"):
		answer = "<R><LoadBalancers><member><LoadBalancerArn>lb</LoadBalancerArn></member></LoadBalancers></R>"
	case strings.Contains(string(body), "Action=DescribeListeners"):
		answer = e.listeners
	}
	_, _ = io.WriteString(w, answer)
}

func ask(service http.Handler, operation string) string {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"CertificateArn": "`+arn+`"}`))
	r.Header.Set("X-Amz-Target", "CertificateManager."+operation)
	w := httptest.NewRecorder()
	service.ServeHTTP(w, r)
	return w.Body.String()
}

func TestIssuedByProof(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world  world
		issued bool
	}{
		"the record stands":      {world{issued, zone, record, ""}, true},
		"imported":               {world{imported, "<R/>", "<R/>", ""}, true},
		"no record":              {world{issued, zone, "<R/>", ""}, false},
		"another record":         {world{issued, zone, strings.Replace(record, "_b", "_c", 1), ""}, false},
		"the next in order":      {world{issued, zone, strings.Replace(record, "_a", "_d", 1), ""}, false},
		"a private zone":         {world{issued, strings.Replace(zone, "false", "true", 1), record, ""}, false},
		"a zone of no name":      {world{issued, strings.Replace(zone, "example", "ample", 1), record, ""}, false},
		"no zone in the account": {world{issued, "<R/>", record, ""}, false},
	} {
		got := ask(acm.New(awsapitest.Account, &c.world), "DescribeCertificate")
		if c.issued {
			require.Contains(t, got, `"Status":"ISSUED"`, name)
			continue
		}
		require.Contains(t, got, `"Status":"PENDING_VALIDATION"`, name)
		require.Contains(t, got, `"ValidationStatus":"PENDING_VALIDATION"`, name)
		require.NotContains(t, got, "IssuedAt", name)
	}
}

func TestIssuedOnceIsIssued(t *testing.T) {
	t.Parallel()
	e := &world{issued, zone, record, ""}
	service := acm.New(awsapitest.Account, e)
	require.Contains(t, ask(service, "DescribeCertificate"), `"Status":"ISSUED"`)
	e.records = "<R/>"
	require.Contains(t, ask(service, "DescribeCertificate"), `"Status":"ISSUED"`)
}

// One that has expired is not issued again by a record that stands. AWS does not renew it either.
// Source: AWS Certificate Manager User Guide, "Managed certificate renewal", 2026-11: not eligible if already expired.
func TestExpired(t *testing.T) {
	t.Parallel()
	e := &world{strings.Replace(issued, `"Status": "ISSUED"`, `"Status": "EXPIRED"`, 1), zone, record, ""}
	require.Contains(t, ask(acm.New(awsapitest.Account, e), "DescribeCertificate"), `"Status":"EXPIRED"`)
}

func TestDeletion(t *testing.T) {
	t.Parallel()
	used := func(arn string) string {
		return "<R><Certificates><member><CertificateArn>" + arn + "</CertificateArn></member></Certificates></R>"
	}
	require.Contains(t, ask(acm.New(awsapitest.Account, &world{listeners: used(arn)}), "DeleteCertificate"), "ResourceInUseException")
	require.Contains(t, ask(acm.New(awsapitest.Account, &world{listeners: used("another")}), "DeleteCertificate"), "deleted")
}
