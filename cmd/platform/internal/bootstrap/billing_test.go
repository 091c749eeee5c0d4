package bootstrap

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// billed is an account as AWS's services of billing and organisations show it.
type billed struct {
	payer         string // empty: it is in no organisation
	code, message string // of Cost Explorer's error; empty: it answers
	asked         []string
}

const ownAccount = "111122223333"

func (b *billed) config(t *testing.T) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		_, name, _ := strings.Cut(target, ".")
		refuse := func(code, message string) {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		b.asked = append(b.asked, name)
		switch {
		case name == "DescribeOrganization" && b.payer == "":
			refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
		case name == "DescribeOrganization":
			_ = json.NewEncoder(w).Encode(map[string]any{"Organization": map[string]string{"MasterAccountId": b.payer}})
		case name == "GetCostAndUsage" && b.code != "":
			refuse(b.code, b.message)
		case name == "GetCostAndUsage":
			_, _ = w.Write([]byte(`{"ResultsByTime": []}`))
		case target == "": // STS speaks another protocol
			b.asked[len(b.asked)-1] = "GetCallerIdentity"
			w.Header().Set("Content-Type", "text/xml")
			_, _ = w.Write([]byte(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>` + ownAccount +
				`</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
		default:
			refuse("NotImplemented", target)
		}
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
}

func TestWhatBillingLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account billed
		want    []string
	}{
		"an account of its own":          {billed{}, nil},
		"the account that pays":          {billed{payer: ownAccount}, nil},
		"never opened":                   {billed{code: "AccessDeniedException", message: "User not enabled for cost explorer access"}, []string{"Cost Explorer is not enabled: open Cost Explorer once"}},
		"opened an hour ago":             {billed{code: "DataUnavailableException", message: "Data is not available."}, []string{"wait up to a day"}},
		"no access to billing":           {billed{code: "AccessDeniedException", message: "User: arn:aws:iam::1:user/x is not authorized to perform: ce:GetCostAndUsage"}, []string{"IAM user and role access to billing information"}},
		"a member":                       {billed{payer: "999999999999"}, []string{"account 111122223333 is a member of the organisation of account 999999999999"}},
		"a member whose payer is closed": {billed{payer: "999999999999", code: "AccessDeniedException", message: "User not enabled for cost explorer access"}, []string{"have whoever administers account 999999999999, which pays, open Cost Explorer to its members", "is a member"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := lacks(t.Context(), c.account.config(t), ownAccount, time.Now())
			require.NoError(t, err)
			require.Len(t, list, len(c.want), "%q", list)
			for i, want := range c.want {
				assert.Contains(t, list[i], want)
			}
		})
	}
	broken := billed{code: "ThrottlingException", message: "Rate exceeded"}
	_, err := lacks(t.Context(), broken.config(t), ownAccount, time.Now())
	require.ErrorContains(t, err, "ask Cost Explorer whether it is enabled")
}

// All that is missing is said at once, before anything is made.
func TestBootstrapBeginsWithBilling(t *testing.T) {
	t.Parallel()
	account := billed{payer: "999999999999", code: "DataUnavailableException", message: "Data is not available."}
	options := Options{Registry: environments.All(), Environment: "dev", Account: ownAccount, Region: "eu-west-1", Repository: "genericcorp/platform", Branch: "main"}
	for _, dryRun := range []bool{true, false} {
		report, err := Run(t.Context(), account.config(t), options, dryRun)
		require.Nil(t, report)
		var refused *LacksError
		require.ErrorAs(t, err, &refused)
		require.Len(t, refused.Lacks, 2)
		assert.ErrorContains(t, err, "--billing-later")
	}
	assert.Equal(t, []string{"GetCallerIdentity", "DescribeOrganization", "GetCostAndUsage"}, account.asked[:3])
	assert.Len(t, account.asked, 6, "and nothing else")

	options.BillingLater = true
	report, err := Run(t.Context(), account.config(t), options, true)
	require.Error(t, err, "this account has no more to show")
	require.Len(t, report.Lacks, 2)
}
