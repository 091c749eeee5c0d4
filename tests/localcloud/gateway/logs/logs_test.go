package logs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/logs"
)

func send(emulator http.Handler, operation, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	w := httptest.NewRecorder()
	logs.New(awsapitest.Account, emulator).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestKeyOfALogGroup(t *testing.T) {
	t.Parallel()
	allow := func(arn string) []string {
		return []string{`{"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Resource": "*",
			"Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
			"Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "` + arn + `"}}}`}
	}
	ours, theirs := allow("arn:aws:logs:us-east-1:123456789012:*"), allow("arn:aws:logs:eu-west-1:123456789012:*")
	for name, c := range map[string]struct {
		emulator awsapitest.Key
		key      string
		refused  string
	}{
		"allowed":        {awsapitest.Key{Statements: ours}, awsapitest.KeyARN, ""},
		"without a key":  {awsapitest.Key{}, "", ""},
		"lets nobody in": {awsapitest.Key{}, awsapitest.KeyARN, "does not allow CloudWatch Logs kms:Encrypt, kms:Decrypt"},
		"other region":   {awsapitest.Key{Statements: theirs}, awsapitest.KeyARN, "log-group:a"},
		"disabled":       {awsapitest.Key{Statements: ours, Disabled: true}, awsapitest.KeyARN, "it is disabled"},
		"gone":           {awsapitest.Key{}, "arn:aws:kms:us-east-1:123456789012:key/2", "NotFoundException: no such key"},
	} {
		for _, operation := range []string{"CreateLogGroup", "AssociateKmsKey"} {
			emulator := c.emulator
			status, body := send(&emulator, operation, `{"logGroupName": "a", "kmsKeyId": "`+c.key+`"}`)
			require.Equal(t, c.refused == "", status == http.StatusOK, "%s: %s", name, body)
			require.Contains(t, body, c.refused, name)
			require.Equal(t, c.refused == "", emulator.Served == 1, name)
		}
	}
	emulator := awsapitest.Key{}
	status, _ := send(&emulator, "DescribeLogGroups", `{"kmsKeyId": "x"}`)
	require.Equal(t, http.StatusOK, status)
}
