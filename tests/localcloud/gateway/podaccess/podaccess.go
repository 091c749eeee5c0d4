// Package podaccess says what pods may ask of AWS in the role of their service account, as IAM does. The emulator lets everybody do
// everything, which is right for whoever runs the local cloud, and would hide what a pod could reach.
package podaccess

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
)

// Access evaluates the policies of roles that the emulator keeps.
type Access struct {
	Account  awsapi.Account
	Emulator http.Handler
}

// Check refuses a request of a pod that the inline policies of its role do not allow. Of secrets it knows their names and tags; of a role
// with rights on anything else it says that nobody evaluates them here. The boundary of roles is not on the local cloud.
func (a Access) Check(r *http.Request, s eks.Session) error {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if _, err := awsapi.Form(r); err != nil {
			return err
		}
	}
	request := iampolicy.Request{Caller: iampolicy.Caller{Role: s.Role}, Action: awsapi.Operation(r), Resource: "*", Context: iampolicy.Context{}}
	if request.Action == "sts:GetCallerIdentity" {
		return nil // AWS STS API Reference, GetCallerIdentity: no permissions are required, and a denial has no effect
	}
	for key, value := range s.Tags {
		request.Context["aws:PrincipalTag/"+key] = []string{value}
	}
	if awsapi.SigningName(r) == "secretsmanager" {
		if err := a.describeSecret(r, &request); err != nil {
			return err
		}
	}
	policies, err := a.policies(r, s.Role)
	if err != nil {
		return err
	}
	decision, err := iampolicy.Evaluate(request, iampolicy.Policies{Identity: policies})
	if err != nil {
		return err
	}
	if !decision.Allowed {
		session := strings.Replace(strings.Replace(s.Role, ":iam:", ":sts:", 1), ":role/", ":assumed-role/", 1) + "/" + s.Name
		status := http.StatusForbidden
		if awsapi.JSONName(r) != "" {
			status = http.StatusBadRequest // as the services that speak JSON say it
		}
		return &awsapi.Error{Status: status, Code: "AccessDeniedException", Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s because no "+
			"identity-based policy allows the %[2]s action", session, request.Action, request.Resource)}
	}
	return nil
}

// describeSecret adds what IAM knows of the secret that the request is about. Of one that is not there it knows the name alone.
func (a Access) describeSecret(r *http.Request, request *iampolicy.Request) error {
	body, err := awsapi.ReadBody(r)
	if err != nil {
		return err
	}
	in := map[string]any{}
	if err := json.Unmarshal(body, &in); err != nil {
		return awsapi.BadRequest("SerializationException", "%v", err)
	}
	id := awsapi.Text(in, "SecretId")
	if id == "" {
		return nil
	}
	request.Resource = id
	found, err := a.Account.Ask(r.Context(), a.Emulator, "secretsmanager", "secretsmanager.DescribeSecret", map[string]any{"SecretId": id})
	if err != nil {
		return nil //nolint:nilerr // who may not ask for it is not told that it is not there
	}
	request.Resource = awsapi.Text(found, "ARN")
	tags, _ := found["Tags"].([]any)
	for _, each := range tags {
		if tag, ok := each.(map[string]any); ok {
			request.Context["aws:ResourceTag/"+awsapi.Text(tag, "Key")] = []string{awsapi.Text(tag, "Value")}
		}
	}
	return nil
}

// policies are the role's own.
func (a Access) policies(r *http.Request, role string) (list []iampolicy.Document, err error) {
	name := role[strings.LastIndex(role, "/")+1:]
	ask := func(action string, more url.Values) (*awsapi.Response, error) {
		in := url.Values{"Action": {action}, "Version": {"2010-05-08"}, "RoleName": {name}}
		for key, values := range more {
			in[key] = values
		}
		return a.Account.Query(r.Context(), a.Emulator, "iam", in)
	}
	response, err := ask("ListRolePolicies", nil)
	if err != nil {
		return nil, err
	}
	document := response.XML()
	if !response.OK() || document == nil {
		return nil, nil // a role that is gone may nothing
	}
	for _, policy := range document.FindElements("//PolicyNames/member") {
		found, err := ask("GetRolePolicy", url.Values{"PolicyName": {policy.Text()}})
		if err != nil {
			return nil, err
		}
		text, err := url.QueryUnescape(found.XMLText("//PolicyDocument"))
		if err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", policy.Text(), name, err)
		}
		parsed, err := iampolicy.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("policy %s of %s: %w", policy.Text(), name, err)
		}
		list = append(list, parsed)
	}
	return list, nil
}
