package sts

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Session is one of a role.
type Session struct {
	Role   string // its ARN
	Name   string
	Tags   map[string]string
	Policy string // the session's own, if it was given one
	// Function is the ARN of the Lambda function that works in the session, if one does.
	Function string

	expires time.Time
}

// ARN names the session.
func (s Session) ARN() string {
	account := strings.Split(s.Role, ":")[4]
	return "arn:aws:sts::" + account + ":assumed-role/" + s.Role[strings.LastIndex(s.Role, "/")+1:] + "/" + s.Name
}

// Credentials are those of a session.
type Credentials struct {
	AccessKeyID, SecretAccessKey, Token string
	Expiration                          time.Time
}

// SessionOf is the session that has this access key.
func (s *Service) SessionOf(accessKey string) (session Session, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok = s.sessions[accessKey]
	return session, ok
}

// longest is how long a session may last: AWS's longest.
const longest = 12 * time.Hour

// Assume gives a service a session of a role for whom it works, as long as there are sessions, if the role's trust lets the service in.
func (s *Service) Assume(ctx context.Context, service string, session Session) (Credentials, error) {
	if err := s.trusts(ctx, service, session); err != nil {
		return Credentials{}, err
	}
	in := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {session.Role}, "RoleSessionName": {session.Name},
		"DurationSeconds": {strconv.Itoa(int(longest.Seconds()))},
	}
	response, err := s.account.Query(ctx, s.emulator, "sts", in)
	if err != nil {
		return Credentials{}, err
	}
	credentials, err := s.remember(response, session)
	if err != nil {
		return Credentials{}, fmt.Errorf("STS gives no session of %s: %w", session.Role, err)
	}
	return credentials, nil
}

// remember keeps the session of a response, and forgets those that ended a day ago.
func (s *Service) remember(response *awsapi.Response, session Session) (Credentials, error) {
	text := func(name string) string {
		return response.XMLText("./AssumeRoleResponse/AssumeRoleResult/Credentials/" + name)
	}
	credentials := Credentials{AccessKeyID: text("AccessKeyId"), SecretAccessKey: text("SecretAccessKey"), Token: text("SessionToken")}
	var err error
	if credentials.Expiration, err = time.Parse(time.RFC3339, text("Expiration")); err != nil || credentials.AccessKeyID == "" {
		return Credentials{}, fmt.Errorf("the emulator's response holds no credentials: %s", response.XMLText("//Message"))
	}
	session.expires = credentials.Expiration
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.sessions, func(_ string, old Session) bool { return time.Since(old.expires) > 24*time.Hour })
	s.sessions[credentials.AccessKeyID] = session
	return credentials, nil
}

// trusts refuses a service that the role's trust policy does not let in.
func (s *Service) trusts(ctx context.Context, service string, session Session) error {
	trust, err := TrustOf(ctx, s.account, s.emulator, session.Role)
	if err != nil {
		return err
	}
	request := iampolicy.Request{Caller: iampolicy.Caller{Service: service}, Resource: session.Role, Context: iampolicy.Context{
		"aws:SourceAccount": {s.account.ID}, "aws:TagKeys": slices.Sorted(maps.Keys(session.Tags)),
	}, Knows: func(key string) bool { return !strings.EqualFold(key, "aws:SourceArn") }}
	for key, value := range session.Tags {
		request.Context["aws:RequestTag/"+key] = []string{value}
	}
	actions := []string{"sts:AssumeRole"}
	if len(session.Tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	for _, request.Action = range actions {
		decision, err := iampolicy.Evaluate(request, iampolicy.Policies{Resource: []iampolicy.Document{trust}, ResourceDecides: true})
		if err != nil {
			return fmt.Errorf("the trust of %s: %w", session.Role, err)
		}
		if !decision.Allowed {
			return fmt.Errorf("%s is not authorized to perform: %s on resource: %s %s", service, request.Action, session.Role, decision.Why)
		}
	}
	return nil
}

// TrustOf is the trust policy of a role, by its ARN.
func TrustOf(ctx context.Context, account awsapi.Account, emulator http.Handler, role string) (iampolicy.Document, error) {
	name := role[strings.LastIndex(role, "/")+1:]
	response, err := account.Query(ctx, emulator, "iam", url.Values{"Action": {"GetRole"}, "Version": {"2010-05-08"}, "RoleName": {name}})
	if err != nil {
		return iampolicy.Document{}, err
	}
	text, err := url.QueryUnescape(response.XMLText("//AssumeRolePolicyDocument"))
	if err != nil || !response.OK() || text == "" {
		return iampolicy.Document{}, fmt.Errorf("role %s: IAM knows no trust policy of it: %s", role, response.XMLText("//Message"))
	}
	document, err := iampolicy.Parse(text)
	document.Name = "trust policy of role " + name
	return document, err
}
