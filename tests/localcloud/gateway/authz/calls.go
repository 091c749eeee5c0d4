package authz

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

// callsOf says which actions a request needs, and on what. Of every service it knows what roles ask of it in the tests, and no more.
//
// Source: Service Authorization Reference, the pages of the services, 2026-11: actions, their resources and condition keys.
// https://docs.aws.amazon.com/service-authorization/latest/reference/
func (j *Judge) callsOf(r *http.Request) ([]call, error) {
	switch awsapi.SigningName(r) {
	case "sts":
		return j.ofSTS(r)
	case "secretsmanager":
		return j.ofSecrets(r)
	case "s3":
		return j.ofS3(r)
	case "sns":
		return j.ofSNS(r)
	case "lambda":
		return j.ofFunctions(r)
	case "ses":
		return j.ofMail(r)
	case "ce":
		return j.ofBill(r)
	case "logs":
		return j.ofLogs(r)
	case "apigateway":
		return j.ofAPIs(r)
	}
	return nil, errUnknown
}

// ofSTS knows what needs no permission (AWS STS API Reference, GetCallerIdentity: a denial has no effect), and the taking of another role, which
// that role's trust decides.
func (j *Judge) ofSTS(r *http.Request) ([]call, error) {
	in, err := awsapi.Form(r)
	if err != nil {
		return nil, err
	}
	switch in.Get("Action") {
	case "GetCallerIdentity":
		return nil, nil
	case "AssumeRole":
		if in.Get("ExternalId") != "" || len(awsapi.Numbered(in, "Tags.member")) > 0 {
			return nil, errUnknown
		}
		trust, err := sts.TrustOf(r.Context(), j.Account, j.Emulator, in.Get("RoleArn"))
		if err != nil {
			return nil, err
		}
		return []call{{
			action: "sts:AssumeRole", resource: in.Get("RoleArn"), policy: []iampolicy.Document{trust}, decides: true,
			context: iampolicy.Context{"sts:RoleSessionName": {in.Get("RoleSessionName")}},
			absent:  []string{"aws:requesttag/", "aws:tagkeys", "sts:externalid", "sts:transitivetagkeys"},
		}}, nil
	}
	return nil, errUnknown
}

// ofSNS knows messages to topics, and the topics' own policies.
func (j *Judge) ofSNS(r *http.Request) ([]call, error) {
	in, err := awsapi.Form(r)
	if err != nil {
		return nil, err
	}
	topic := in.Get("TopicArn")
	if in.Get("Action") != "Publish" || topic == "" {
		return nil, errUnknown
	}
	policy, err := j.ofTopic(r.Context(), topic)
	if err != nil {
		return nil, err
	}
	// A topic that nobody has given a policy has one that compares this key with the account (SNS Developer Guide, "Using identity-based
	// policies with Amazon SNS", "SNS policy keys").
	return []call{{action: "sns:Publish", resource: topic, policy: policy, context: iampolicy.Context{"aws:SourceOwner": {j.Account.ID}}}}, nil
}

// ofTopic is the topic's own policy. One that is not there has none.
func (j *Judge) ofTopic(ctx context.Context, arn string) ([]iampolicy.Document, error) {
	response, err := j.Account.Query(ctx, j.Emulator, "sns", url.Values{"Action": {"GetTopicAttributes"}, "TopicArn": {arn}, "Version": {"2010-03-31"}})
	if err != nil {
		return nil, err
	}
	text := response.XMLText("//entry[key='Policy']/value")
	if !response.OK() || text == "" {
		return nil, nil
	}
	return named("policy of topic "+arn[strings.LastIndex(arn, ":")+1:], text)
}

// named is a resource's policy, by the name that decisions call it.
func named(name, text string) ([]iampolicy.Document, error) {
	policy, err := iampolicy.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the %s: %w", name, err)
	}
	policy.Name = name
	return []iampolicy.Document{policy}, nil
}

// body is that of a request that speaks JSON.
func body(r *http.Request) (map[string]any, error) {
	content, err := awsapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	in := map[string]any{}
	if err := json.Unmarshal(content, &in); err != nil {
		return nil, awsapi.BadRequest("SerializationException", "%v", err)
	}
	return in, nil
}
