// Package ses emulates version 2 of Amazon SES: identities, configuration sets and mail, which is kept and delivered to nobody. The
// emulator says yes to everything here, so nothing is left to it. What is not served is refused: version 1, templates, contact lists.
package ses

import (
	"log/slog"
	"net/http"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// object is a JSON object.
type object = map[string]any

// Config says where the service is.
type Config struct {
	Account  awsapi.Account
	Endpoint string // http://127.0.0.1:<port> of the local cloud
	Dir      string // where mail is kept
	Log      *slog.Logger
}

// Service keeps what was made and sent.
type Service struct {
	*awsapi.RESTService

	config     Config
	emulator   http.Handler // Route 53, CloudWatch and SNS
	identities map[string]*identity
	sets       map[string]*configurationSet
	tags       awsapi.TagStore
	production bool // out of the sandbox
	largest    int  // message, in bytes
	inbox      *inbox
}

// sendLimit is how large a message may be. The request around it, in base64, has room for as much again.
// Source: Amazon SES Developer Guide, "Service quotas in Amazon SES".
const sendLimit = 40 << 20

// New serves an account that is in the sandbox, as every new account is.
func New(config Config, emulator http.Handler) *Service {
	s := &Service{
		config: config, emulator: emulator, identities: map[string]*identity{}, sets: map[string]*configurationSet{}, tags: awsapi.TagStore{},
		largest: sendLimit, inbox: newInbox(config.Dir),
	}
	const identity, set = " /v2/email/identities/{identity}", " /v2/email/configuration-sets/{set}"
	s.RESTService = awsapi.NewRESTService(http.HandlerFunc(refuse), map[string]awsapi.RESTOperation{
		"POST /v2/email/outbound-emails": s.send,

		"POST /v2/email/identities":             s.createIdentity,
		"GET /v2/email/identities":              s.listIdentities,
		"POST /v2/email/list-identities":        s.listIdentities, // as newer clients ask
		"GET" + identity:                        s.getIdentity,
		"DELETE" + identity:                     s.deleteIdentity,
		"PUT" + identity + "/configuration-set": s.setDefaultSet,

		"POST /v2/email/configuration-sets":           s.createSet,
		"GET /v2/email/configuration-sets":            s.listSets,
		"POST /v2/email/list-configuration-sets":      s.listSets,
		"GET" + set:                                   s.getSet,
		"DELETE" + set:                                s.deleteSet,
		"PUT" + set + "/{options}":                    s.changeSet,
		"POST" + set + "/event-destinations":          s.createDestination,
		"GET" + set + "/event-destinations":           s.listDestinations,
		"PUT" + set + "/event-destinations/{name}":    s.changeDestination,
		"DELETE" + set + "/event-destinations/{name}": s.deleteDestination,

		"GET /v2/email/account":          s.getAccount,
		"POST /v2/email/account/details": s.changeAccount,

		"POST /v2/email/tags":   s.tag,
		"DELETE /v2/email/tags": s.untag,
		"GET /v2/email/tags":    s.listTags,
	})
	s.Limit = 2 * sendLimit
	return s
}

// refuse responds to what is not served.
func refuse(w http.ResponseWriter, r *http.Request) {
	if _, err := awsapi.Form(r); err != nil { // names the operation of version 1
		awsapi.WriteError(w, r, err)
		return
	}
	awsapi.WriteError(w, r, awsapi.BadRequest(awsapi.NotImplemented,
		"the local cloud serves identities, configuration sets and SendEmail of version 2 of Amazon SES, not %s", awsapi.Operation(r)))
}

func notFound(format string, args ...any) *awsapi.Error {
	return awsapi.NotFound("NotFoundException", format, args...)
}

func badRequest(format string, args ...any) *awsapi.Error {
	return awsapi.BadRequest("BadRequestException", format, args...)
}

// getAccount describes the account. The quotas are those of the sandbox and of the first grant; nobody counts.
// Source: Amazon SES Developer Guide, "Request production access".
func (s *Service) getAccount(*http.Request, object) (object, error) {
	quota := object{"Max24HourSend": 200, "MaxSendRate": 1, "SentLast24Hours": 0}
	if s.production {
		quota = object{"Max24HourSend": 50000, "MaxSendRate": 14, "SentLast24Hours": 0}
	}
	return object{
		"DedicatedIpAutoWarmupEnabled": false, "EnforcementStatus": "HEALTHY", "ProductionAccessEnabled": s.production, "SendingEnabled": true, "SendQuota": quota,
	}, nil
}

// changeAccount lets the account out of the sandbox at once, where AWS takes a day to decide.
func (s *Service) changeAccount(_ *http.Request, in object) (object, error) {
	s.production, _ = in["ProductionAccessEnabled"].(bool)
	return object{}, nil
}

// tagging does one of the three operations on tags, which have their parameters in the body or in the query.
func (s *Service) tagging(operation string, r *http.Request, in object) (object, error) {
	if query := r.URL.Query(); query.Has("ResourceArn") {
		keys := []any{}
		for _, key := range query["TagKeys"] {
			keys = append(keys, key)
		}
		in = object{"ResourceArn": query.Get("ResourceArn"), "TagKeys": keys}
	}
	return s.tags.Operations("ResourceArn", "Tags", "TagKeys")[operation](in)
}

func (s *Service) tag(r *http.Request, in object) (object, error) {
	return s.tagging("TagResource", r, in)
}

func (s *Service) untag(r *http.Request, in object) (object, error) {
	return s.tagging("UntagResource", r, in)
}

func (s *Service) listTags(r *http.Request, in object) (object, error) {
	return s.tagging("ListTagsForResource", r, in)
}
