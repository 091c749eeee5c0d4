package cloudtrail_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/cloudtrail"
)

const (
	encrypt = `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*",
		"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:123456789012:trail/*"}}}`
	decrypt = `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*"}`
)

func send(emulator http.Handler, operation, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "CloudTrail_20131101."+operation)
	w := httptest.NewRecorder()
	cloudtrail.New(awsapitest.Account, emulator).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestKeyOfATrail(t *testing.T) {
	t.Parallel()
	const elsewhere = "arn:aws:kms:us-east-1:123456789012:key/2"
	for name, c := range map[string]struct {
		emulator   awsapitest.Key
		key, error string
	}{
		"all that a bucket with a bucket key takes": {awsapitest.Key{Statements: []string{encrypt, decrypt}, BucketKey: true}, awsapitest.KeyARN, ""},
		"no bucket key, no decryption":              {awsapitest.Key{Statements: []string{encrypt}}, awsapitest.KeyARN, ""},
		"may not decrypt": {awsapitest.Key{Statements: []string{encrypt}, BucketKey: true}, awsapitest.KeyARN,
			"InsufficientEncryptionPolicyException: Insufficient permissions to access S3 bucket trails or KMS key " + awsapitest.KeyARN +
				". (The local cloud adds: the key's policy does not allow CloudTrail kms:Decrypt.)"},
		"lets nobody in": {awsapitest.Key{}, awsapitest.KeyARN, "kms:GenerateDataKey, kms:DescribeKey"},
		"disabled":       {awsapitest.Key{Statements: []string{encrypt, decrypt}, Disabled: true}, awsapitest.KeyARN, "KmsKeyDisabledException"},
		"gone":           {awsapitest.Key{}, elsewhere, "KmsKeyNotFoundException"},
		"no key":         {awsapitest.Key{}, "", ""},
	} {
		for _, operation := range []string{"CreateTrail", "UpdateTrail"} {
			emulator := c.emulator
			status, body := send(&emulator, operation, `{"Name": "a", "S3BucketName": "trails", "KmsKeyId": "`+c.key+`"}`)
			if c.error == "" {
				require.Equal(t, http.StatusOK, status, "%s: %s", name, body)
				require.Equal(t, 1, emulator.Served, name)
				continue
			}
			require.Equal(t, http.StatusBadRequest, status, name)
			code, message, _ := strings.Cut(c.error, ": ")
			require.Contains(t, body, code, name)
			require.Contains(t, body, message, name)
			require.Zero(t, emulator.Served, name)
		}
	}
}

func TestTrailIsNamedAsTheEmulatorNamesIt(t *testing.T) {
	t.Parallel()
	var body []byte
	emulator := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) })
	send(emulator, "GetTrailStatus", `{"Name": "arn:aws:cloudtrail:us-east-1:123456789012:trail/a"}`)
	require.JSONEq(t, `{"Name": "a"}`, string(body))
}
