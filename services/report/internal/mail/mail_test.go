package mail

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/report"
)

// sesAt is a client of a server that answers for SES.
func sesAt(endpoint string) *SES {
	return &SES{
		Client: NewSES(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}),
		Sender: "reports@example.com", Addresses: []string{"eve@example.com", "ann@example.com"}, ConfigurationSet: "set",
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	var asked struct {
		FromEmailAddress, ConfigurationSetName string
		Destination                            struct{ ToAddresses []string }
		Content                                struct {
			Simple struct {
				Subject struct{ Data string }
				Body    struct {
					Text, HTML struct{ Data, Charset string }
				}
			}
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/email/outbound-emails" || json.NewDecoder(r.Body).Decode(&asked) != nil {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		_, _ = io.WriteString(w, `{"MessageId": "m-1"}`)
	}))
	defer server.Close()
	id, err := sesAt(server.URL).Send(t.Context(), Mail{Subject: "s", Text: "t", HTML: "<p>ü"})
	require.NoError(t, err)
	require.Equal(t, "m-1", id)
	require.Equal(t, []string{"reports@example.com", "set"}, []string{asked.FromEmailAddress, asked.ConfigurationSetName})
	require.Equal(t, []string{"eve@example.com", "ann@example.com"}, asked.Destination.ToAddresses)
	require.Equal(t, []string{"s", "t", "<p>ü", "UTF-8"}, []string{asked.Content.Simple.Subject.Data, asked.Content.Simple.Body.Text.Data, asked.Content.Simple.Body.HTML.Data, asked.Content.Simple.Body.HTML.Charset})
}

// What SES refuses was not sent; of what it does not answer nobody knows. It is asked once, and no address is told.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status  int
		refused bool
	}{{http.StatusBadRequest, true}, {http.StatusTooManyRequests, true}, {http.StatusInternalServerError, false}, {http.StatusServiceUnavailable, false}} {
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.Header().Set("X-Amzn-Errortype", "MessageRejected")
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, `{"message": "Email address is not verified: eve@example.com, <ann@example.com>"}`)
		}))
		_, err := sesAt(server.URL).Send(t.Context(), Mail{})
		server.Close()
		require.Equal(t, 1, calls)
		var refused *RefusedError
		if test.refused {
			require.ErrorAs(t, err, &refused)
		} else {
			require.NotErrorAs(t, err, &refused)
		}
		require.ErrorContains(t, err, "MessageRejected: Email address is not verified: (an address), <(an address)>")
		require.NotContains(t, err.Error(), "example.com")
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer cut.Close()
	_, err := sesAt(cut.URL).Send(t.Context(), Mail{})
	var refused *RefusedError
	require.Error(t, err)
	require.NotErrorAs(t, err, &refused)

	gone := httptest.NewServer(nil)
	gone.Close()
	_, err = sesAt(gone.URL).Send(t.Context(), Mail{})
	require.ErrorAs(t, err, &refused, "it cannot be reached")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sesAt(cut.URL).Send(ctx, Mail{})
	require.Error(t, err)
}

// A subject is one line, and fits.
func TestSubject(t *testing.T) {
	t.Parallel()
	m, err := Of(report.Report{Environment: "prod", Day: "2026-11-28", Headline: "Needs\r\nBcc: eve; " + strings.Repeat("ü", 300)})
	require.NoError(t, err)
	require.Len(t, []rune(m.Subject), mostSubject)
	require.NotContains(t, m.Subject, "\n")
	require.True(t, strings.HasSuffix(m.Subject, "…"))
}
