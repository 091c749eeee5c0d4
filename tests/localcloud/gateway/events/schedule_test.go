package events

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	const form = "2006-01-02 15:04:05"
	for _, c := range []struct {
		expression, after string
		want              []string
	}{
		{"rate(1 minute)", "2026-11-30 06:59:30", []string{"2026-11-30 07:00:30", "2026-11-30 07:01:30"}},
		{"rate(5 hours)", "2026-11-30 23:00:00", []string{"2026-12-01 04:00:00"}},
		{"rate(2 days)", "2026-11-30 23:00:00", []string{"2026-12-02 23:00:00"}},
		{"cron(0 6 * * ? *)", "2026-11-30 06:00:00", []string{"2026-12-01 06:00:00", "2026-12-02 06:00:00"}},
		{"cron(0 6 * * ? *)", "2026-11-30 05:59:59", []string{"2026-11-30 06:00:00"}},
		{"cron(0/15 8-9 ? * MON-FRI *)", "2026-11-27 09:40:00", []string{"2026-11-27 09:45:00", "2026-11-30 08:00:00", "2026-11-30 08:15:00"}},
		{"cron(1/10 * ? * 1 *)", "2026-11-29 23:41:00", []string{"2026-11-29 23:51:00", "2026-12-06 00:01:00"}},
		{"cron(0-10/5,30 0 1 jan,JUL ? *)", "2026-01-01 00:05:00", []string{"2026-01-01 00:10:00", "2026-01-01 00:30:00", "2026-07-01 00:00:00"}},
		{"cron(0 0 L * ? *)", "2028-02-01 00:00:00", []string{"2028-02-29 00:00:00", "2028-03-31 00:00:00"}},
		{"cron(0 0 31 * ? *)", "2026-11-01 00:00:00", []string{"2026-12-31 00:00:00", "2027-01-31 00:00:00", "2027-03-31 00:00:00"}},
		{"cron(0 0 1W * ? *)", "2026-07-31 00:00:00", []string{"2026-08-03 00:00:00"}}, // the first is a Saturday
		{"cron(0 0 15W * ? *)", "2026-08-01 00:00:00", []string{"2026-08-14 00:00:00", "2026-09-15 00:00:00"}},
		{"cron(0 0 31W * ? *)", "2026-05-01 00:00:00", []string{"2026-05-29 00:00:00", "2026-07-31 00:00:00"}}, // a Sunday; June is shorter
		{"cron(15 10 ? * 6L *)", "2026-11-01 00:00:00", []string{"2026-11-27 10:15:00", "2026-12-25 10:15:00"}},
		{"cron(0 0 ? * L *)", "2026-11-30 00:00:00", []string{"2026-12-05 00:00:00"}},
		{"cron(0 9 ? * 3#2 *)", "2026-11-01 00:00:00", []string{"2026-11-10 09:00:00", "2026-12-08 09:00:00"}},
		{"cron(0 9 ? * TUE#5 *)", "2026-11-01 00:00:00", []string{"2026-12-29 09:00:00"}},
		{"cron(0 0 29 2 ? 2027-2199)", "2026-01-01 00:00:00", []string{"2028-02-29 00:00:00", "2032-02-29 00:00:00"}},
		{"cron(0 0 1 1 ? 2027)", "2026-01-01 00:00:00", []string{"2027-01-01 00:00:00", ""}},
	} {
		s, err := parseSchedule(c.expression)
		require.NoError(t, err, c.expression)
		at, err := time.Parse(form, c.after)
		require.NoError(t, err)
		for _, want := range c.want {
			at = s(at)
			if want == "" {
				assert.Zero(t, at, c.expression)
				continue
			}
			assert.Equal(t, want, at.Format(form), "%s after %s", c.expression, c.after)
		}
	}
}

func TestSchedulesThatAWSRefuses(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"", "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(-1 minutes)", "rate(1 second)", "rate(1.5 hours)", "rate(5 minutes) ", "every 5 minutes",
		"rate(99999999999999999999 days)",
		"cron(* * * * *)", "cron(* * * * * *)", "cron(* * ? * ? *)", "cron(0 50 0,6 * ? *)", "cron(*/1 * * * * *)", "cron(60 * * * ? *)", "cron(0 24 * * ? *)",
		"cron(0 0 0 * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 1 13 ? *)", "cron(0 0 ? * 0 *)", "cron(0 0 ? * 8 *)", "cron(15 12 ? * -1 *)", "cron(0 0 ? * 3#6 *)",
		"cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 ? * MON#1,TUE *)", "cron(0 0 1 1 ? 1969)", "cron(0 0 1 1 ? 2200)", "cron(0/0 * * * ? *)", "cron(10-5 * * * ? *)",
		"cron(, * * * ? *)", "cron(1W * * * ? *)", "cron(0 0 1,2W * ? *)", "cron(0 12 * * ? * *)", "cron(*/60 * * * ? *) ",
	} {
		_, err := parseSchedule(expression)
		assert.EqualError(t, err, "ValidationException: Parameter ScheduleExpression is not valid.", expression)
	}
}
