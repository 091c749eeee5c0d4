package localctl_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/localcloud"
)

func TestMail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case localcloud.MailPath:
			_, _ = io.WriteString(w, `[{"number": 3, "subject": "Good morning"}]`)
		case localcloud.MailPath + "/3":
			_, _ = io.WriteString(w, `{"number": 3, "subject": "Good morning", "text": "All is well."}`)
		case localcloud.MailPath + "/4":
			http.Error(w, "the disk is gone", http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	state := localcloud.State{AWSEndpoint: server.URL}
	list, err := localctl.Mails(t.Context(), state)
	require.NoError(t, err)
	assert.Equal(t, []localcloud.Mail{{Number: 3, Subject: "Good morning"}}, list)
	one, err := localctl.Mail(t.Context(), state, 3)
	require.NoError(t, err)
	assert.Equal(t, "All is well.", one.Text)
	_, err = localctl.Mail(t.Context(), state, 7)
	require.ErrorIs(t, err, localctl.ErrNoMail)
	require.EqualError(t, err, "no such mail is kept: 7")
	_, err = localctl.Mail(t.Context(), state, 4)
	require.EqualError(t, err, "the disk is gone")
}
