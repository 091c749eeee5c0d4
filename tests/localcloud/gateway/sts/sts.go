// Package sts completes the emulator's AWS Security Token Service.
package sts

import (
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

const (
	// Administrator is the role that the local cloud's own credentials are a session of, as people's are on AWS.
	Administrator = "platform-administrator"
	session       = "local"
	// anybody is whom the emulator takes a caller for whose credentials it did not make.
	anybody = ":user/moto"
)

// Service says whose credentials are: the local cloud's own are a role's, since an EKS cluster lets in roles alone, and those of sessions
// it remembers.
type Service struct {
	account  awsapi.Account
	emulator http.Handler

	mu       sync.Mutex
	sessions map[string]Session // by access key
}

// New makes the service.
func New(account awsapi.Account, emulator http.Handler) *Service {
	return &Service{account: account, emulator: emulator, sessions: map[string]Session{}}
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	response := awsapi.Forward(s.emulator, r)
	if response.OK() && in.Get("Action") == "AssumeRole" {
		if _, err := s.remember(response, asked(in)); err != nil {
			awsapi.WriteError(w, r, err) // a session that nobody remembers would be judged by nothing
			return
		}
	}
	response.RewriteXML(func(document *etree.Document) {
		arn := document.FindElement("./GetCallerIdentityResponse/GetCallerIdentityResult/Arn")
		if arn != nil && strings.HasSuffix(arn.Text(), anybody) {
			arn.SetText("arn:aws:sts::" + s.account.ID + ":assumed-role/" + Administrator + "/" + session)
		}
	})
	response.Send(w)
}

// asked is the session that a request asks for.
func asked(in url.Values) Session {
	session := Session{Role: in.Get("RoleArn"), Name: in.Get("RoleSessionName"), Policy: in.Get("Policy"), Tags: map[string]string{}}
	for _, tag := range awsapi.Numbered(in, "Tags.member") {
		session.Tags[in.Get(tag+".Key")] = in.Get(tag + ".Value")
	}
	return session
}
