// Package authz judges what roles ask of AWS, as IAM does: Lambda functions, pods by EKS Pod Identity, and whoever takes a role by STS.
// The emulator lets everybody do everything, which is right for whoever runs the local cloud, and would hide what a role may not.
package authz

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ses"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

// Config says what the judge asks.
type Config struct {
	Account  awsapi.Account
	Emulator http.Handler
	Buckets  http.Handler // S3, which keeps the buckets' policies
	Mail     *ses.Service
	Sessions *sts.Service
	Log      *slog.Logger
}

// Judge evaluates the policies that the emulator keeps.
type Judge struct {
	Config
	roles  roles
	record record
}

// New makes a judge.
func New(config Config) *Judge {
	return &Judge{Config: config, record: record{counts: map[key]*Count{}}}
}

// call is one action of a request, with what decides it beside the caller's own policies.
type call struct {
	action, resource string
	context          iampolicy.Context
	// absent are the service's own condition keys, in lower case, that AWS does not send with this call where context lacks them; those that
	// end with a slash or a colon are families. Of others nothing is known.
	absent []string
	// policy is the resource's. With decides nobody gets in without its word.
	policy  []iampolicy.Document
	decides bool
	noted   bool // it is counted, and not refused
}

// errUnknown means that nobody has said here what a request needs.
var errUnknown = errors.New("it is not known here what the request needs: say it in tests/localcloud/gateway/authz")

// Check refuses a request of a role's session that IAM would refuse, and one of which it cannot say. Those of Lambda functions it notes, and
// lets through: not all that functions do is known here yet.
func (j *Judge) Check(r *http.Request) error {
	session, ofRole := j.Sessions.SessionOf(awsapi.AccessKey(r))
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if form && (ofRole || awsapi.SigningName(r) == "iam") {
		if _, err := awsapi.Form(r); err != nil {
			return err
		}
	}
	if !ofRole {
		j.record.others()
		return nil
	}
	err := j.judge(r, session)
	if session.Function != "" {
		return nil
	}
	return err
}

func (j *Judge) judge(r *http.Request, session sts.Session) error {
	calls, err := j.callsOf(r)
	if err != nil {
		return j.refuse(r, session, call{action: awsapi.Operation(r), resource: "*"}, unknown, err.Error())
	}
	for _, c := range calls {
		if err := j.judgeCall(r, session, c); err != nil && !c.noted {
			return err
		}
	}
	return nil
}

func (j *Judge) judgeCall(r *http.Request, session sts.Session, c call) error {
	decision, err := j.decide(r.Context(), session, c)
	switch {
	case err != nil:
		return j.refuse(r, session, c, unknown, err.Error())
	case decision.Allowed:
		j.record.note(session.Role, c, allowed, decision.By)
		return nil
	case decision.By != "":
		return j.refuse(r, session, c, denied, decision.Why+" ("+decision.By+")")
	}
	return j.refuse(r, session, c, denied, decision.Why)
}

// decide evaluates one action.
func (j *Judge) decide(ctx context.Context, s sts.Session, c call) (iampolicy.Decision, error) {
	own, err := j.policiesOf(ctx, s.Role)
	if err != nil {
		return iampolicy.Decision{}, err
	}
	if s.Policy != "" {
		document, err := iampolicy.Parse(s.Policy)
		if err != nil {
			return iampolicy.Decision{}, err
		}
		own.Session = []iampolicy.Document{document}
	}
	own.Resource, own.ResourceDecides = c.policy, c.decides
	request := iampolicy.Request{
		Caller: iampolicy.Caller{Role: s.Role, Session: s.ARN()}, Action: c.action, Resource: c.resource, Context: j.contextOf(s), Knows: c.knows,
	}
	for key, values := range c.context {
		request.Context[key] = values
	}
	return iampolicy.Evaluate(request, own)
}

// contextOf holds the global condition keys of every call of a session (IAM User Guide, "AWS global condition context keys"). The local cloud
// is spoken to without TLS on the loopback interface, which stands for AWS's TLS.
func (j *Judge) contextOf(s sts.Session) iampolicy.Context {
	context := iampolicy.Context{
		"aws:PrincipalAccount": {j.Account.ID}, "aws:PrincipalArn": {s.Role}, "aws:PrincipalType": {"AssumedRole"}, "aws:PrincipalIsAWSService": {"false"},
		"aws:ViaAWSService": {"false"}, "aws:RequestedRegion": {j.Account.Region}, "aws:SecureTransport": {"true"},
		"aws:CurrentTime": {time.Now().UTC().Format(time.RFC3339)},
	}
	for key, value := range s.Tags {
		context["aws:PrincipalTag/"+key] = []string{value}
	}
	if s.Function != "" {
		context["lambda:SourceFunctionArn"] = []string{s.Function}
	}
	return context
}

// absentEverywhere are global keys that no call of a role's session carries: services in their own name carry the first two; the third is of
// sessions that were made with a second factor. A function's key and the tags of the role itself come with the session, if they do.
var absentEverywhere = []string{"aws:sourcearn", "aws:sourceaccount", "aws:multifactorauthpresent", "aws:principaltag/", "lambda:sourcefunctionarn"}

// knows says of a condition key that the call lacks whether AWS sends none. Keys of a service go with its own actions alone.
func (c call) knows(key string) bool {
	key = strings.ToLower(key)
	for _, list := range [][]string{absentEverywhere, c.absent} {
		for _, absent := range list {
			if key == absent || strings.HasSuffix(absent, "/") && strings.HasPrefix(key, absent) || strings.HasSuffix(absent, ":") && strings.HasPrefix(key, absent) {
				return true
			}
		}
	}
	prefix, _, _ := strings.Cut(key, ":")
	service, _, _ := strings.Cut(c.action, ":")
	return prefix != "aws" && prefix != service
}

// refuse notes and makes the error of a service that denies.
func (j *Judge) refuse(r *http.Request, s sts.Session, c call, outcome, why string) error {
	j.record.note(s.Role, c, outcome, why)
	j.Log.Warn("iam: "+outcome, "role", s.Role, "session", s.Name, "action", c.action, "resource", c.resource, "why", why)
	code, status := "AccessDeniedException", http.StatusForbidden
	switch {
	case awsapi.JSONName(r) != "":
		status = http.StatusBadRequest // as the services that speak JSON say it
	case awsapi.SigningName(r) == "s3", r.Form.Has("Action"):
		code = "AccessDenied"
	}
	return &awsapi.Error{Status: status, Code: code, Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", s.ARN(), c.action, c.resource, why)}
}
