package catalogue_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

var refreshDay = time.Date(2026, 12, 6, 9, 30, 0, 0, time.UTC)

// dataCopy is a copy of the catalogue's data folder that a test may rewrite.
func dataCopy(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS("data")))
	return folder
}

func refresh(t *testing.T, o catalogue.RefreshOptions) (catalogue.RefreshReport, error) {
	t.Helper()
	o.Region, o.Now = catalogue.USEast1, refreshDay
	return catalogue.Refresh(t.Context(), o)
}

func TestRefreshRewritesPricesFromOfferFiles(t *testing.T) {
	t.Parallel()
	folder := dataCopy(t)
	report, err := refresh(t, catalogue.RefreshOptions{
		Folder: folder, Offers: []string{"testdata/ec2-offer.csv", "testdata/eks-offer.json"},
	})
	require.NoError(t, err)
	require.Len(t, report.Changed, 2)
	assert.Equal(t, catalogue.EC2Instance("t3.medium"), report.Changed[0].Key)
	assert.Equal(t, "0.0416 to 0.042", report.Changed[0].Old.String()+" to "+report.Changed[0].New.String())
	assert.Equal(t, "0.5 to 0.55", report.Changed[1].Old.String()+" to "+report.Changed[1].New.String())
	assert.Equal(t, 3, report.Confirmed, "gp3 storage, gp3 throughput and the EKS cluster hour")
	assert.Contains(t, report.NotFound, catalogue.EC2Instance("t3.large"))
	assert.NotContains(t, report.NotFound, catalogue.Of(catalogue.VPC, "public-ipv4"), "that offer was not read")

	c, err := catalogue.Load(os.DirFS(folder))
	require.NoError(t, err)
	prices, err := c.Region(catalogue.USEast1)
	require.NoError(t, err)
	row, err := prices.Lookup(catalogue.EC2Instance("t3.medium"))
	require.NoError(t, err)
	assert.Equal(t, "0.042", row.Amount.String())
	assert.Equal(t, "Price List offer AmazonEC2 version 20261205001230", row.Source)
	assert.Equal(t, "SKUT3M", row.SKU)
	assert.Equal(t, "2026-12-05 2026-12-06", row.Date.Format(time.DateOnly)+" "+row.Checked.Format(time.DateOnly))
	throughput, err := prices.Lookup(catalogue.Kind(catalogue.EC2, "volume-throughput", "gp3"))
	require.NoError(t, err)
	assert.Equal(t, "0.04", throughput.Amount.String(), "AWS sells GiBps, we count MiBps")
	_, err = prices.Lookup(catalogue.EC2Instance("t9.large"))
	require.Error(t, err, "new classes are added on request only")
	assert.Len(t, c.All(), len(embedded(t).All()))
}

func TestRefreshAddsNewClassesOnRequest(t *testing.T) {
	t.Parallel()
	folder := dataCopy(t)
	_, err := refresh(t, catalogue.RefreshOptions{Folder: folder, Offers: []string{"testdata/ec2-offer.csv"}, AddNew: true})
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(folder, "ec2-instances.csv"))
	require.NoError(t, err)
	assert.True(t, strings.Contains(string(data), "us-east-1,AmazonEC2,instance,t9.large,hour,0.05,"))
}

func TestRefreshTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	folder := dataCopy(t)
	o := catalogue.RefreshOptions{Folder: folder, Offers: []string{"testdata/ec2-offer.csv"}}
	_, err := refresh(t, o)
	require.NoError(t, err)
	before, err := os.ReadFile(filepath.Join(folder, "ec2-instances.csv"))
	require.NoError(t, err)
	report, err := refresh(t, o)
	require.NoError(t, err)
	assert.Empty(t, report.Changed)
	after, err := os.ReadFile(filepath.Join(folder, "ec2-instances.csv"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(before, after))
}

func TestRefreshReadsURLsOfTheBulkServerOnly(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	folder := dataCopy(t)
	o := catalogue.RefreshOptions{Folder: folder, BulkHost: server.URL + "/", Offers: []string{server.URL + "/eks-offer.json"}}
	report, err := refresh(t, o)
	require.NoError(t, err)
	assert.Len(t, report.Changed, 1)

	o.Offers = []string{"http://prices.genericcorp.example/x.csv", server.URL + "/absent.csv"}
	_, err = refresh(t, o)
	require.ErrorContains(t, err, "offers are read from "+server.URL+"/ only")
	require.ErrorContains(t, err, "404 Not Found")
}

func TestRefreshRefusesBadOffersAndWritesNothing(t *testing.T) {
	t.Parallel()
	csvOffer, err := os.ReadFile("testdata/ec2-offer.csv")
	require.NoError(t, err)
	jsonOffer, err := os.ReadFile("testdata/eks-offer.json")
	require.NoError(t, err)
	for name, test := range map[string]struct{ content, want string }{
		"empty":             {"", "read the offer file: EOF"},
		"not an offer":      {"a,b\nc,d\n", "read the head of the offer file: EOF"},
		"one column":        {"hello\n", "no header line that starts with SKU"},
		"zero price":        {strings.Replace(string(csvOffer), `"0.0420000000"`, `"0.0000000000"`, 1), `price "0.0000000000" of AmazonEC2 instance t3.medium, expected above zero`},
		"negative price":    {strings.Replace(string(csvOffer), `"0.0420000000"`, `"-1"`, 1), "expected above zero"},
		"two prices":        {strings.Replace(string(csvOffer), `"Windows"`, `"Linux"`, 1) + "", ""},
		"bad date":          {strings.Replace(string(csvOffer), "2026-12-05T00:12:30Z", "yesterday", 1), `publication date "yesterday"`},
		"truncated JSON":    {string(jsonOffer[:900]), "read the offer file"},
		"JSON out of order": {`{"terms":{},"products":{}}`, "terms before products"},
		"JSON of arrays":    {`{"products":[]}`, "expected an object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, want := test.content, test.want
			if name == "two prices" {
				content = strings.Replace(content, `"RunInstances:0002"`, `"RunInstances"`, 1)
				want = "AmazonEC2 instance t3.medium has two prices, SKU SKUT3M and SKU SKUT3MW: narrow its line in offers.csv"
			}
			folder := dataCopy(t)
			file := filepath.Join(t.TempDir(), "offer")
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			_, err := refresh(t, catalogue.RefreshOptions{Folder: folder, Offers: []string{file}})
			require.ErrorContains(t, err, want)
			for _, name := range []string{"ec2-instances.csv", "services.csv"} {
				before, err := os.ReadFile(filepath.Join("data", name))
				require.NoError(t, err)
				after, err := os.ReadFile(filepath.Join(folder, name))
				require.NoError(t, err)
				assert.True(t, bytes.Equal(before, after), name)
			}
		})
	}
}

func TestMalformedSelectorsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	folder := dataCopy(t)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "offers.csv"), []byte(
		"service,product,variant,unit,scale,usagetype,operation,attributes,from\n"+
			"AmazonEC2,instance,{},hours,0,BoxUsage,,operatingSystem,0\n"), 0o600))
	_, err := refresh(t, catalogue.RefreshOptions{Folder: folder})
	require.EqualError(t, err, `offer selectors:
offers.csv:2: unknown unit "hours"
offers.csv:2: scale "0", expected a number above zero
offers.csv:2: variant and usagetype must both have a {} or neither
offers.csv:2: attribute "operatingSystem", expected name=value`)
}
