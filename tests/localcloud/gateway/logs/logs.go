// Package logs completes the emulator's CloudWatch Logs.
package logs

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/kmskey"
)

// New refuses a log group whose key CloudWatch Logs may not use, as AWS does: the emulator asks nobody.
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkKey(account, emulator, r); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		emulator.ServeHTTP(w, r)
	})
}

// checkKey tries the key that a request gives to a log group. The code and the message are AWS's. Of a request that is wrong
// in any other way the emulator says what is wrong.
func checkKey(account awsapi.Account, emulator http.Handler, r *http.Request) error {
	if operation := awsapi.JSONName(r); operation != "CreateLogGroup" && operation != "AssociateKmsKey" {
		return nil
	}
	body, err := awsapi.ReadBody(r)
	in := map[string]any{}
	if err != nil || json.Unmarshal(body, &in) != nil || awsapi.Text(in, "kmsKeyId") == "" {
		return err
	}
	group := account.ARN("logs", "log-group:"+awsapi.Text(in, "logGroupName"))
	key, err := kmskey.Read(r.Context(), account, emulator, awsapi.Text(in, "kmsKeyId"))
	why := ""
	if err != nil {
		why = err.Error()
	} else if denied := key.Denied(iampolicy.LogGroupKeyUse(group, account.Region)); len(denied) > 0 {
		why = "it is disabled, or its policy does not allow CloudWatch Logs " + strings.Join(denied, ", ")
	}
	if why == "" {
		return nil
	}
	return awsapi.BadRequest("InvalidParameterException",
		"The specified KMS key does not exist or is not allowed to be used with Arn '%s' (The local cloud adds: %s.)", group, why)
}
