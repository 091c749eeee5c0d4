package ses

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/route53"
)

// identity is an address or a domain that mail may come from once its owner has proven to have it.
type identity struct {
	name     string
	verified bool
	set      string   // its configuration set, unless a mail names one
	tokens   []string // of a domain's DKIM
	token    string   // in the mail that asks for an address
	made     time.Time
}

func (i *identity) isDomain() bool { return !strings.Contains(i.name, "@") }

func (s *Service) arn(i string) string { return s.config.Account.ARN("ses", "identity/"+i) }

// createIdentity begins the verification. The messages are AWS's: https://github.com/floci-io/floci/pull/723 and 1812.
func (s *Service) createIdentity(r *http.Request, in object) (object, error) {
	name, set := awsapi.Text(in, "EmailIdentity"), awsapi.Text(in, "ConfigurationSetName")
	if !awsvalue.AnyMail.Valid(name) && !awsvalue.DomainName.Valid(name) {
		return nil, badRequest("Invalid email identity: %q, expected an address or a domain.", name)
	}
	if in["DkimSigningAttributes"] != nil {
		attributes, _ := in["DkimSigningAttributes"].(object)
		if attributes["DomainSigningPrivateKey"] != nil {
			return nil, awsapi.BadRequest(awsapi.NotImplemented, "the local cloud verifies domains by Easy DKIM, not by a key of your own")
		}
	}
	if s.identities[name] != nil {
		return nil, awsapi.BadRequest("AlreadyExistsException", "Email identity %s already exist.", name)
	}
	if err := s.checkSet(set); err != nil {
		return nil, err
	}
	made := &identity{name: name, set: set, token: rand.Text(), made: time.Now()}
	s.identities[name] = made
	s.tags.Add(s.arn(name), in["Tags"])
	if made.isDomain() {
		for range 3 {
			made.tokens = append(made.tokens, strings.ToLower(rand.Text()))
		}
	} else if err := s.askFor(made); err != nil {
		return nil, err
	}
	return s.describe(r.Context(), made), nil
}

// askFor sends the mail that asks whether an address is the caller's.
func (s *Service) askFor(i *identity) error {
	return s.inbox.add(localcloud.Mail{
		At: time.Now().UTC(), ID: rand.Text(), From: "no-reply-aws@amazon.com", To: []string{i.name}, Outcome: delivered,
		Subject: "Amazon Web Services – Email Address Verification Request in region " + s.config.Account.Region,
		Text: fmt.Sprintf("Dear Amazon Web Services Customer,\n\nWe have received a request to authorize this email address for use with Amazon SES. If you requested "+
			"this verification, please go to the following URL to confirm that you are authorized to use this email address:\n\n%s%s/verify/%s\n",
			s.config.Endpoint, localcloud.MailPath, i.token),
	})
}

// verify takes the word of whoever has the mail.
func (s *Service) verify(token string) (name string, ok bool) {
	s.Lock()
	defer s.Unlock()
	for _, i := range s.identities {
		if !i.isDomain() && i.token == token {
			i.verified = true
			return i.name, true
		}
	}
	return "", false
}

// proven says whether an identity is verified. A domain is when its three records stand in a hosted zone of the account, and then stays
// so: AWS looks again after days.
// Source: Amazon SES Developer Guide, "Easy DKIM in Amazon SES".
func (s *Service) proven(ctx context.Context, i *identity) bool {
	if i.verified || !i.isDomain() {
		return i.verified
	}
	for _, token := range i.tokens {
		if !route53.HasCNAME(ctx, s.config.Account, s.emulator, token+"._domainkey."+i.name, token+".dkim.amazonses.com") {
			return false
		}
	}
	i.verified = true
	return true
}

// covering is the identity that an address may send by: its own, or its domain, or one that this is below. The part before the @ knows
// upper case.
// Source: Amazon SES Developer Guide, "Verified identities in Amazon SES".
func (s *Service) covering(ctx context.Context, address string) *identity {
	local, domain, _ := strings.Cut(address, "@")
	domain = strings.ToLower(domain)
	if i := s.identities[local+"@"+domain]; i != nil && s.proven(ctx, i) {
		return i
	}
	for domain != "" {
		if i := s.identities[domain]; i != nil && s.proven(ctx, i) {
			return i
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return nil
}

func (s *Service) find(r *http.Request) (*identity, error) {
	name := r.PathValue("identity")
	if found := s.identities[name]; found != nil {
		return found, nil
	}
	return nil, notFound("Email identity %s does not exist.", name)
}

// describe is an identity as AWS shows it.
func (s *Service) describe(ctx context.Context, i *identity) object {
	verified := s.proven(ctx, i)
	status, kind := "PENDING", "EMAIL_ADDRESS"
	if verified {
		status = "SUCCESS"
	}
	dkim := object{"SigningEnabled": false, "Status": "NOT_STARTED", "SigningAttributesOrigin": "AWS_SES", "NextSigningKeyLength": "RSA_2048_BIT"}
	if i.isDomain() {
		kind = "DOMAIN"
		maps.Copy(dkim, object{
			"SigningEnabled": true, "Status": status, "Tokens": i.tokens, "CurrentSigningKeyLength": "RSA_2048_BIT", "LastKeyGenerationTimestamp": i.made.Unix(),
		})
	}
	out := object{
		"IdentityType": kind, "FeedbackForwardingStatus": true, "VerifiedForSendingStatus": verified, "VerificationStatus": status, "DkimAttributes": dkim,
		"MailFromAttributes": object{"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}, "Policies": object{}, "Tags": s.tags.List(s.arn(i.name)),
	}
	if i.set != "" {
		out["ConfigurationSetName"] = i.set
	}
	return out
}

func (s *Service) getIdentity(r *http.Request, _ object) (object, error) {
	i, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return s.describe(r.Context(), i), nil
}

func (s *Service) listIdentities(r *http.Request, _ object) (object, error) {
	list := []object{}
	for _, name := range slices.Sorted(maps.Keys(s.identities)) {
		shown := s.describe(r.Context(), s.identities[name])
		list = append(list, object{
			"IdentityName": name, "IdentityType": shown["IdentityType"], "SendingEnabled": shown["VerifiedForSendingStatus"], "VerificationStatus": shown["VerificationStatus"],
		})
	}
	return object{"EmailIdentities": list}, nil
}

func (s *Service) deleteIdentity(r *http.Request, _ object) (object, error) {
	i, err := s.find(r)
	if err != nil {
		return nil, err
	}
	delete(s.identities, i.name)
	delete(s.tags, s.arn(i.name))
	return object{}, nil
}

// setDefaultSet sets an identity's configuration set, or takes it away.
func (s *Service) setDefaultSet(r *http.Request, in object) (object, error) {
	i, err := s.find(r)
	if err != nil {
		return nil, err
	}
	set := awsapi.Text(in, "ConfigurationSetName")
	if err := s.checkSet(set); err != nil {
		return nil, err
	}
	i.set = set
	return object{}, nil
}
