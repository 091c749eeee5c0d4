package authz

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// roles keeps what the emulator says of roles until somebody changes something in IAM.
type roles struct {
	mu       sync.Mutex
	policies map[string]iampolicy.Policies
	changes  int
}

// Changed is called after each request, and forgets the roles after one that may have changed them.
func (j *Judge) Changed(r *http.Request) {
	if awsapi.SigningName(r) != "iam" || strings.HasPrefix(r.Form.Get("Action"), "Get") || strings.HasPrefix(r.Form.Get("Action"), "List") {
		return
	}
	j.roles.mu.Lock()
	defer j.roles.mu.Unlock()
	j.roles.policies, j.roles.changes = nil, j.roles.changes+1
}

// policiesOf are a role's own policies and its boundary.
func (j *Judge) policiesOf(ctx context.Context, role string) (iampolicy.Policies, error) {
	j.roles.mu.Lock()
	known, ok := j.roles.policies[role]
	asOf := j.roles.changes
	j.roles.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := j.read(ctx, role)
	if err != nil {
		return found, fmt.Errorf("the policies of %s: %w", role, err)
	}
	j.roles.mu.Lock()
	defer j.roles.mu.Unlock()
	if asOf == j.roles.changes { // or what was read may be old already
		all := maps.Clone(j.roles.policies)
		if all == nil {
			all = map[string]iampolicy.Policies{}
		}
		all[role] = found
		j.roles.policies = all
	}
	return found, nil
}

// read asks the emulator. A role that is gone may nothing. A boundary that is not there bounds nothing: it is `platform bootstrap`'s, and a
// local cloud need not have been bootstrapped.
func (j *Judge) read(ctx context.Context, arn string) (p iampolicy.Policies, err error) {
	role := arn[strings.LastIndex(arn, "/")+1:]
	inline, err := j.list(ctx, "ListRolePolicies", role, "//PolicyNames/member")
	if err != nil {
		return p, err
	}
	for _, name := range inline {
		text, err := j.ask(ctx, url.Values{"Action": {"GetRolePolicy"}, "RoleName": {role}, "PolicyName": {name}}, "//PolicyDocument")
		if err != nil {
			return p, err
		}
		if err := add(&p.Identity, "inline policy "+name+" of role "+role, text); err != nil {
			return p, err
		}
	}
	attached, err := j.list(ctx, "ListAttachedRolePolicies", role, "//AttachedPolicies/member/PolicyArn")
	if err != nil {
		return p, err
	}
	for _, policy := range attached {
		text, err := j.managed(ctx, policy)
		if err != nil {
			return p, err
		}
		if err := add(&p.Identity, "policy "+policy, text); err != nil {
			return p, err
		}
	}
	boundary, err := j.ask(ctx, url.Values{"Action": {"GetRole"}, "RoleName": {role}}, "//PermissionsBoundaryArn")
	if err != nil || boundary == "" {
		return p, err
	}
	text, err := j.managed(ctx, boundary)
	if err != nil || text == "" {
		return p, err
	}
	return p, add(&p.Boundary, "permissions boundary "+boundary, text)
}

func add(list *[]iampolicy.Document, name, text string) error {
	if text == "" {
		return fmt.Errorf("%s: it is not in the local cloud", name)
	}
	document, err := iampolicy.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	document.Name = name
	*list = append(*list, document)
	return nil
}

// managed is the document of a policy with an ARN of its own, or nothing when there is none.
func (j *Judge) managed(ctx context.Context, arn string) (string, error) {
	version, err := j.ask(ctx, url.Values{"Action": {"GetPolicy"}, "PolicyArn": {arn}}, "//DefaultVersionId")
	if err != nil || version == "" {
		return "", err
	}
	return j.ask(ctx, url.Values{"Action": {"GetPolicyVersion"}, "PolicyArn": {arn}, "VersionId": {version}}, "//PolicyVersion/Document")
}

// list gives the texts at a path of what IAM lists of a role.
func (j *Judge) list(ctx context.Context, action, role, path string) (texts []string, err error) {
	response, err := j.query(ctx, url.Values{"Action": {action}, "RoleName": {role}})
	if err != nil || response == nil {
		return nil, err
	}
	document := response.XML()
	if document == nil {
		return nil, fmt.Errorf("%s: the emulator's response is no XML", action)
	}
	for _, element := range document.FindElements(path) {
		texts = append(texts, element.Text())
	}
	return texts, nil
}

// ask gives the text at a path of one response, which IAM has written as in an address, or nothing when there is none.
func (j *Judge) ask(ctx context.Context, in url.Values, path string) (string, error) {
	response, err := j.query(ctx, in)
	if err != nil || response == nil {
		return "", err
	}
	return url.QueryUnescape(response.XMLText(path))
}

// query asks the emulator's IAM; what is not there is no response.
func (j *Judge) query(ctx context.Context, in url.Values) (*awsapi.Response, error) {
	in.Set("Version", "2010-05-08")
	response, err := j.Account.Query(ctx, j.Emulator, "iam", in)
	if err != nil {
		return nil, err
	}
	switch code := response.XMLText("//Error/Code"); {
	case response.OK():
		return response, nil
	case code == "NoSuchEntity":
		return nil, nil
	default:
		return nil, fmt.Errorf("%s: %s", in.Get("Action"), code)
	}
}
