package ses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// fixture is the service with its client, before an emulator that has one hosted zone and takes what it is told.
type fixture struct {
	*api.Client
	service *Service
	log     bytes.Buffer
	cnames  map[string]string
	told    []url.Values
	refuses bool
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{cnames: map[string]string{}}
	f.service = New(Config{
		Account: awsapitest.Account, Endpoint: "http://127.0.0.1:1", Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&f.log, nil)),
	}, http.HandlerFunc(f.emulate))
	f.Client = api.NewFromConfig(awsapitest.Config(t, f.service))
	return f
}

func (f *fixture) emulate(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/hostedzone"):
		_, _ = io.WriteString(w, "<R><HostedZone><Id>/hostedzone/1</Id><Name>corp.example.</Name></HostedZone></R>")
	case strings.HasSuffix(r.URL.Path, "/rrset"):
		name := r.URL.Query().Get("name")
		_, _ = fmt.Fprintf(w, "<R><ResourceRecordSet><Name>%s</Name><ResourceRecords><ResourceRecord><Value>%s</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></R>",
			name, f.cnames[strings.TrimSuffix(name, ".")])
	default:
		in, _ := awsapi.Form(r)
		if f.refuses {
			awsapi.WriteError(w, r, awsapi.NotFound("NotFound", "Topic does not exist"))
			return
		}
		f.told = append(f.told, in)
		_, _ = io.WriteString(w, "<R/>")
	}
}

// verify makes an address a verified identity, as its owner does.
func (f *fixture) verify(t *testing.T, address string) {
	t.Helper()
	_, err := f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: &address})
	require.NoError(t, err)
	mails := f.mails(t)
	asks := f.mail(t, mails[len(mails)-1].Number)
	require.Equal(t, []string{address}, asks.To)
	link := regexp.MustCompile(`http://127\.0\.0\.1:1(\S+)`).FindStringSubmatch(asks.Text)
	require.NotNil(t, link, asks.Text)
	status, said := f.get(link[1])
	require.Equal(t, http.StatusOK, status, said)
	require.Equal(t, address+" is verified\n", said)
}

// prove makes a domain a verified identity, as its owner does.
func (f *fixture) prove(t *testing.T, domain string) {
	t.Helper()
	out, err := f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: &domain})
	require.NoError(t, err)
	for _, token := range out.DkimAttributes.Tokens {
		f.cnames[token+"._domainkey."+domain] = token + ".dkim.amazonses.com"
	}
}

func (f *fixture) get(path string) (status int, said string) {
	w := httptest.NewRecorder()
	f.service.ServeMail(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w.Code, w.Body.String()
}

func (f *fixture) mails(t *testing.T) (list []localcloud.Mail) {
	t.Helper()
	status, said := f.get(localcloud.MailPath)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, json.Unmarshal([]byte(said), &list))
	return list
}

func (f *fixture) mail(t *testing.T, number int) (m localcloud.Mail) {
	t.Helper()
	status, said := f.get(fmt.Sprintf("%s/%d", localcloud.MailPath, number))
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, json.Unmarshal([]byte(said), &m))
	return m
}

// simple is a mail.
func simple(from string, to ...string) *api.SendEmailInput {
	data := func(text string) *types.Content { return &types.Content{Data: &text} }
	return &api.SendEmailInput{
		FromEmailAddress: &from, Destination: &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Simple: &types.Message{Subject: data("Good morning"), Body: &types.Body{Text: data("All is well."), Html: data("<p>All is well.</p>")}}},
	}
}

func raw(text string) *api.SendEmailInput {
	return &api.SendEmailInput{Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte(strings.ReplaceAll(text, "\n", "\r\n"))}}}
}

// refused is the error that AWS gives.
func (f *fixture) refused(t *testing.T, in *api.SendEmailInput, code, message string) {
	t.Helper()
	before := len(f.mails(t))
	_, err := f.SendEmail(t.Context(), in)
	require.ErrorContains(t, err, code+": "+message)
	assert.Len(t, f.mails(t), before, "it is not kept")
}

func TestMailIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.prove(t, "corp.example")
	in := simple("Generic Corp <report@corp.example>", "ceo@corp.example", "cfo@Corp.example")
	in.Destination.BccAddresses = []string{"archive@mail.corp.example"}
	out, err := f.SendEmail(t.Context(), in)
	require.NoError(t, err)
	mails := f.mails(t)
	require.Len(t, mails, 1)
	assert.Equal(t, localcloud.Mail{
		Number: 1, At: mails[0].At, ID: aws.ToString(out.MessageId), From: "Generic Corp <report@corp.example>", Subject: "Good morning", Outcome: "delivered",
		To: []string{"ceo@corp.example", "cfo@Corp.example", "archive@mail.corp.example"},
	}, mails[0])
	whole := f.mail(t, 1)
	assert.Equal(t, "All is well.", whole.Text)
	assert.Equal(t, "<p>All is well.</p>", whole.HTML)
	for _, path := range []string{"/2", "/x", "/../1", "/verify/none", "/verify/"} {
		status, _ := f.get(localcloud.MailPath + path)
		assert.Equal(t, http.StatusNotFound, status, path)
	}
}

const alternative = `From: =?utf-8?q?J=C3=BCrgen?= <report@corp.example>
To: Chief <ceo@corp.example>
Cc: cfo@corp.example
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

All is w=
ell.
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+QWxsIGlzIHdl
bGwuPC9wPg==
--inner--
--outer
Content-Type: text/plain
Content-Disposition: attachment; filename=a.txt

not this
--outer--
`

func TestRawMailIsRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.prove(t, "corp.example")
	_, err := f.SendEmail(t.Context(), raw(alternative))
	require.NoError(t, err)
	kept := f.mail(t, 1)
	assert.Equal(t, "Grüße", kept.Subject)
	assert.Equal(t, []string{"ceo@corp.example", "cfo@corp.example"}, kept.To)
	assert.Equal(t, "All is well.", kept.Text)
	assert.Equal(t, "<p>All is well.</p>", kept.HTML)

	in := raw(alternative)
	in.Destination = &types.Destination{BccAddresses: []string{"only@corp.example"}}
	_, err = f.SendEmail(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, []string{"only@corp.example"}, f.mail(t, 2).To)

	for text, message := range map[string]string{
		"no header":                              "The message has no header",
		"To: ceo@corp.example\n\nText":           "Missing required header 'From'.",
		"From: report@corp.example\n\nText":      "Missing final recipient",
		"From: a@b@c\nTo: ceo@corp.example\n\n.": "Illegal address in header 'From'",
		"From: report@corp.example\nTo: ceo@corp.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ncut": "The message is no MIME",
	} {
		f.refused(t, raw(text), "BadRequestException", message)
	}
	in = raw(alternative)
	in.FromEmailAddress = aws.String("other@elsewhere.example")
	f.refused(t, in, "MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: other@elsewhere.example")
	in = raw(strings.Replace(alternative, "report@corp.example", "other@elsewhere.example", 1))
	in.FromEmailAddress = aws.String("report@corp.example")
	f.refused(t, in, "MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: other@elsewhere.example")
}

func TestWhoMayWriteToWhom(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.verify(t, "Report@corp.example")
	const failed = "Email address is not verified. The following identities failed the check in region US-EAST-1: "
	f.refused(t, simple("report@corp.example", "Report@corp.example"), "MessageRejected", failed+"report@corp.example")
	f.refused(t, simple("Report@corp.example", "ceo@corp.example", "cfo@corp.example"), "MessageRejected", failed+"ceo@corp.example, cfo@corp.example")
	f.refused(t, simple("no-reply@corp.example", "ceo@corp.example"), "MessageRejected", failed+"no-reply@corp.example, ceo@corp.example")
	_, err := f.SendEmail(t.Context(), simple("Report@CORP.example", "success@simulator.amazonses.com"))
	require.NoError(t, err, "everybody may write to the simulator")

	account, err := f.GetAccount(t.Context(), &api.GetAccountInput{})
	require.NoError(t, err)
	assert.False(t, account.ProductionAccessEnabled)
	_, err = f.PutAccountDetails(t.Context(), &api.PutAccountDetailsInput{
		MailType: types.MailTypeTransactional, WebsiteURL: aws.String("https://corp.example"), ProductionAccessEnabled: aws.Bool(true),
	})
	require.NoError(t, err)
	account, err = f.GetAccount(t.Context(), &api.GetAccountInput{})
	require.NoError(t, err)
	assert.True(t, account.ProductionAccessEnabled)
	assert.InDelta(t, 50000, account.SendQuota.Max24HourSend, 0)
	_, err = f.SendEmail(t.Context(), simple("Report@corp.example", "ceo@corp.example"))
	require.NoError(t, err)
	f.refused(t, simple("report@corp.example", "ceo@corp.example"), "MessageRejected", failed+"report@corp.example")
}

func TestWhatAWSRefusesToSend(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.prove(t, "corp.example")
	f.service.largest = 1000
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprintf("u%d@corp.example", i)
	}
	for name, c := range map[string]struct {
		change        func(in *api.SendEmailInput)
		code, message string
	}{
		"recipients":   {func(in *api.SendEmailInput) { in.Destination.CcAddresses = many[1:] }, "BadRequestException", "Recipient count exceeds 50."},
		"size":         {func(in *api.SendEmailInput) { in.Content.Simple.Body.Text.Data = aws.String(strings.Repeat("x", 1000)) }, "BadRequestException", "Message length is more than 1000 bytes long: '1031'."},
		"no recipient": {func(in *api.SendEmailInput) { in.Destination = nil }, "BadRequestException", "Missing final recipient"},
		"no address":   {func(in *api.SendEmailInput) { in.Destination.ToAddresses = []string{"ceo"} }, "BadRequestException", `Illegal address: "ceo".`},
		"no sender":    {func(in *api.SendEmailInput) { in.FromEmailAddress = nil }, "BadRequestException", "Missing required header 'From'."},
		"no body":      {func(in *api.SendEmailInput) { in.Content.Simple.Body = &types.Body{} }, "BadRequestException", "Content.Simple must have a Subject"},
		"nothing":      {func(in *api.SendEmailInput) { in.Content = &types.EmailContent{} }, "BadRequestException", "Content must be one of"},
		"a template":   {func(in *api.SendEmailInput) { in.Content = &types.EmailContent{Template: &types.Template{}} }, awsapi.NotImplemented, "the local cloud sends"},
		"attachments": {func(in *api.SendEmailInput) {
			in.Content.Simple.Attachments = []types.Attachment{{FileName: aws.String("a"), RawContent: []byte("a")}}
		}, awsapi.NotImplemented, "the local cloud takes attachments"},
		"no such set":    {func(in *api.SendEmailInput) { in.ConfigurationSetName = aws.String("none") }, "NotFoundException", "Configuration set <none> does not exist."},
		"a paused set":   {func(in *api.SendEmailInput) { in.ConfigurationSetName = aws.String("paused") }, "SendingPausedException", "Sending is paused"},
		"from elsewhere": {func(in *api.SendEmailInput) { in.FromEmailAddress = aws.String("a@notcorp.example") }, "MessageRejected", "Email address is not verified."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.CreateConfigurationSet(t.Context(), &api.CreateConfigurationSetInput{ConfigurationSetName: aws.String("paused"), SendingOptions: &types.SendingOptions{}})
			if err != nil {
				require.ErrorContains(t, err, "AlreadyExistsException")
			}
			in := simple("report@corp.example", "ceo@corp.example")
			c.change(in)
			f.refused(t, in, c.code, c.message)
		})
	}
	in := simple("report@corp.example", many[1:]...)
	_, err := f.SendEmail(t.Context(), in)
	require.NoError(t, err, "50 are not too many")
}

func TestADomainIsVerifiedByItsRecords(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	out, err := f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{
		EmailIdentity: aws.String("corp.example"), Tags: []types.Tag{{Key: aws.String("Environment"), Value: aws.String("local")}},
	})
	require.NoError(t, err)
	tokens := out.DkimAttributes.Tokens
	require.Len(t, tokens, 3)
	assert.False(t, out.VerifiedForSendingStatus)
	status := func() (types.DkimStatus, types.VerificationStatus, bool) {
		found, err := f.GetEmailIdentity(t.Context(), &api.GetEmailIdentityInput{EmailIdentity: aws.String("corp.example")})
		require.NoError(t, err)
		assert.Equal(t, types.IdentityTypeDomain, found.IdentityType)
		assert.Equal(t, tokens, found.DkimAttributes.Tokens)
		assert.Equal(t, "local", aws.ToString(found.Tags[0].Value))
		return found.DkimAttributes.Status, found.VerificationStatus, found.VerifiedForSendingStatus
	}
	for i, token := range tokens {
		dkim, verification, verified := status()
		assert.Equal(t, types.DkimStatusPending, dkim, "%d records", i)
		assert.Equal(t, types.VerificationStatusPending, verification)
		assert.False(t, verified)
		f.refused(t, simple("a@corp.example", "b@corp.example"), "MessageRejected", "Email address is not verified.")
		f.cnames[token+"._domainkey.corp.example"] = token + ".dkim.amazonses.com"
	}
	dkim, verification, verified := status()
	assert.Equal(t, types.DkimStatusSuccess, dkim)
	assert.Equal(t, types.VerificationStatusSuccess, verification)
	assert.True(t, verified)

	_, err = f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: aws.String("elsewhere.example")})
	require.NoError(t, err)
	list, err := f.ListEmailIdentities(t.Context(), &api.ListEmailIdentitiesInput{})
	require.NoError(t, err)
	require.Len(t, list.EmailIdentities, 2)
	assert.True(t, list.EmailIdentities[0].SendingEnabled)
	assert.False(t, list.EmailIdentities[1].SendingEnabled, "its zone is not of the account")
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, name := range []string{"", "corp", "a@b", "a b.example", "A <a@corp.example>", ".corp.example"} {
		_, err := f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: aws.String(name)})
		require.ErrorContains(t, err, "BadRequestException", name)
	}
	name := aws.String("a@corp.example")
	_, err := f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: name, ConfigurationSetName: aws.String("none")})
	require.ErrorContains(t, err, "NotFoundException: Configuration set <none> does not exist.")
	_, err = f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: name, DkimSigningAttributes: &types.DkimSigningAttributes{DomainSigningPrivateKey: aws.String("k")}})
	require.ErrorContains(t, err, awsapi.NotImplemented)
	_, err = f.GetEmailIdentity(t.Context(), &api.GetEmailIdentityInput{EmailIdentity: name})
	require.ErrorContains(t, err, "NotFoundException: Email identity a@corp.example does not exist.")
	f.verify(t, *name)
	_, err = f.CreateEmailIdentity(t.Context(), &api.CreateEmailIdentityInput{EmailIdentity: name})
	require.ErrorContains(t, err, "AlreadyExistsException: Email identity a@corp.example already exist.")
	found, err := f.GetEmailIdentity(t.Context(), &api.GetEmailIdentityInput{EmailIdentity: name})
	require.NoError(t, err)
	assert.Equal(t, types.IdentityTypeEmailAddress, found.IdentityType)
	assert.True(t, found.VerifiedForSendingStatus)
	_, err = f.DeleteEmailIdentity(t.Context(), &api.DeleteEmailIdentityInput{EmailIdentity: name})
	require.NoError(t, err)
	_, err = f.DeleteEmailIdentity(t.Context(), &api.DeleteEmailIdentityInput{EmailIdentity: name})
	require.ErrorContains(t, err, "NotFoundException")
	_, err = f.ListContactLists(t.Context(), &api.ListContactListsInput{})
	require.ErrorContains(t, err, awsapi.NotImplemented)
}

func TestMailIsBoundedByNumberAndSize(t *testing.T) {
	t.Parallel()
	b := newInbox(t.TempDir())
	b.mails = 3
	for range 5 {
		require.NoError(t, b.add(localcloud.Mail{Text: "a"}))
	}
	numbers := func() (list []int) {
		for _, m := range b.list() {
			list = append(list, m.Number)
		}
		return list
	}
	assert.Equal(t, []int{3, 4, 5}, numbers())
	b.volume = 400
	require.NoError(t, b.add(localcloud.Mail{Text: strings.Repeat("a", 200)}))
	assert.Equal(t, []int{6}, numbers())
	require.NoError(t, b.add(localcloud.Mail{Text: strings.Repeat("a", 2000)}))
	assert.Equal(t, []int{7}, numbers(), "the newest stays")
	files, err := os.ReadDir(b.dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	assert.Equal(t, "7.json", files[0].Name())
}
