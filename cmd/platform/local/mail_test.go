package local

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/internal/localcloud"
)

var report = localcloud.Mail{
	Number: 2, At: time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC), From: "report@corp.example", To: []string{"ceo@corp.example", "cfo@corp.example"},
	Subject: "Good morning", Outcome: "delivered", Text: "All is well.", HTML: "<p>All is well.</p>",
}

func TestMailTexts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "no mail was sent", mailsText(nil))
	table := mailsText([]localcloud.Mail{report})
	assert.Regexp(t, `NUMBER +WHEN +FROM +TO +SUBJECT +OUTCOME`, table)
	assert.Regexp(t, `2 +2026-11-30T06:00:00Z +report@corp\.example +ceo@corp\.example, cfo@corp\.example +Good morning +delivered`, table)
	assert.Equal(t, `From:    report@corp.example
To:      ceo@corp.example, cfo@corp.example
Subject: Good morning
Date:    Mon, 30 Nov 2026 06:00:00 +0000
Outcome: delivered

All is well.`, mailText(report))
	pageOnly := report
	pageOnly.Text = ""
	assert.Contains(t, mailText(pageOnly), "(It has no text; --html writes its page.)")
}

// page writes the page of a mail as the command does.
func page(t *testing.T, mail localcloud.Mail, file string) (printed string, err error) {
	t.Helper()
	var out bytes.Buffer
	o := &mailOptions{options: options{Factory: &cmdutil.Factory{Out: &out, Err: io.Discard}}, html: cmdutil.Page(file)}
	err = o.write(mail)
	return out.String(), err
}

func TestMailPage(t *testing.T) {
	t.Parallel()
	printed, err := page(t, report, "-")
	require.NoError(t, err)
	assert.Equal(t, report.HTML+"\n", printed)
	file := filepath.Join(t.TempDir(), "page.html")
	printed, err = page(t, report, file)
	require.NoError(t, err)
	assert.Empty(t, printed)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, report.HTML, string(written))
	textOnly := report
	textOnly.HTML = ""
	_, err = page(t, textOnly, "-")
	require.EqualError(t, err, "--html: mail 2 has no page, only a text")
	printed, err = page(t, report, "")
	require.NoError(t, err)
	assert.Contains(t, printed, "Subject: Good morning")
}

func TestMailShowIsAskedForANumber(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`number: got "last", expected that of a mail, such as 1`: {"show", "last"},
		`number: got "0", expected that of a mail, such as 1`:    {"show", "0"},
		"--json and --html: name only one of them":               {"show", "1", "--json", "--html", "-"},
		`--html: got "", expected a file, or - for standard`:     {"show", "1", "--html", ""},
		`expected a file in a folder that exists`:                {"show", "1", "--html", "/nowhere/page.html"},
		"accepts 1 arg(s), received 0":                           {"show"},
	} {
		cmd := newMail(&cmdutil.Factory{Out: io.Discard, Err: io.Discard}, nil)
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		require.ErrorContains(t, cmd.Execute(), want)
	}
}
