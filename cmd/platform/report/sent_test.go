package report

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

func TestSentText(t *testing.T) {
	t.Parallel()
	claimed := morning.Add(-90 * time.Minute)
	told := &tenant.Reports{Environment: "prod", Reports: []api.Report{
		{Day: yesterday, Claimed: morning.Add(-time.Minute)},
		{Day: yesterday.AddDate(0, 0, -1), Claimed: claimed},
		{Day: yesterday.AddDate(0, 0, -2), Claimed: claimed, Sent: claimed.Add(time.Second), Message: "m-1"},
	}}
	require.Equal(t, `DAY         STATE             CLAIMED               SENT                  MAIL
2026-11-28  under way         2026-11-29T07:29:00Z  -                     -
2026-11-27  may have arrived  2026-11-29T06:00:00Z  -                     -
2026-11-26  sent              2026-11-29T06:00:00Z  2026-11-29T06:00:01Z  m-1`, sentText(told, morning))
	require.Equal(t, "no report of environment prod was mailed yet", sentText(&tenant.Reports{Environment: "prod"}, morning))
	told.Reports = make([]api.Report, api.MostReports)
	require.True(t, strings.HasSuffix(sentText(told, morning), "\n(the latest 31)"))
}

func TestMailedText(t *testing.T) {
	t.Parallel()
	require.Equal(t, "nothing is due: the reports of all days until yesterday were sent, or may have arrived", mailedText(reportapi.Response{}))
	require.Equal(t, "mailed the report of 2026-11-27, 2026-11-28", mailedText(reportapi.Response{Sent: []string{"2026-11-27", "2026-11-28"}}))
}

func TestSendFlags(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	today, before := now.Format(time.DateOnly), now.AddDate(0, 0, -1).Format(time.DateOnly)
	for args, refused := range map[string]string{
		"":                              "",
		"--date=" + before:              "",
		"--date=" + before + " --again": "",
		"--again":                       "--again: name the day by --date",
		"--date=":                       `--date: got "", expected a day such as`,
		"--date=yesterday":              `--date: got "yesterday", expected a day such as`,
		"--date=" + today:               `--date: got "` + today + `", expected a day that is over`,
		"--env=paris":                   `--env: got "paris", expected one of local, dev, prod`,
		"2026-11-28":                    `unknown command "2026-11-28" for "send"`,
	} {
		ran := false
		cmd := newSend(&cmdutil.Factory{}, func(context.Context, *sendOptions) error {
			ran = true
			return nil
		})
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(strings.Fields(args))
		err := cmd.Execute()
		require.Equal(t, refused == "", ran, args)
		if refused != "" {
			require.ErrorContains(t, err, refused, args)
		}
	}
}
