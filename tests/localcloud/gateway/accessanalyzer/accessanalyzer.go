// Package accessanalyzer emulates the analyzers of IAM Access Analyzer. They find nothing.
package accessanalyzer

import (
	"net/http"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// object is a JSON object.
type object = map[string]any

type service struct {
	account   awsapi.Account
	analyzers []object
}

// New serves the analyzers of an account and region. The rest is the emulator's.
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	s := &service{account: account, analyzers: []object{}}
	return awsapi.NewRESTService(emulator, map[string]awsapi.RESTOperation{"PUT /analyzer": s.create, "GET /analyzer": s.list})
}

// create refuses a second analyzer of the account.
// Source: IAM User Guide, "IAM and AWS STS quotas": one analyzer with the account as its zone of trust per Region.
func (s *service) create(_ *http.Request, in object) (object, error) {
	name, kind := awsapi.Text(in, "analyzerName"), awsapi.Text(in, "type")
	if kind != "ACCOUNT" {
		return nil, awsapi.BadRequest("ValidationException", "the local cloud has no analyzers of the type %q, only ACCOUNT", kind)
	}
	if len(s.analyzers) > 0 {
		return nil, &awsapi.Error{Status: http.StatusPaymentRequired, Code: "ServiceQuotaExceededException", Message: "The account has an analyzer of this type already."}
	}
	arn := s.account.ARN("access-analyzer", "analyzer/"+name)
	s.analyzers = append(s.analyzers, object{
		"arn": arn, "name": name, "type": kind, "status": "ACTIVE", "createdAt": time.Now().UTC().Format(time.RFC3339), "tags": object{},
	})
	return object{"arn": arn}, nil
}

func (s *service) list(*http.Request, object) (object, error) {
	return object{"analyzers": s.analyzers}, nil
}
