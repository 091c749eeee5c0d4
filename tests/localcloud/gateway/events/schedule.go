package events

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// schedule is the first time after another at which a rule fires; zero is never.
type schedule func(after time.Time) time.Time

var (
	rateExpression = regexp.MustCompile(`^rate\((\d{1,9}) (minute|hour|day)(s?)\)$`)
	cronExpression = regexp.MustCompile(`^cron\((.*)\)$`)
)

var units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}

// parseSchedule reads what PutRule takes, and refuses the rest in AWS's words.
// Source: Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules": the unit of 1 is singular, any other plural. The
// message: https://github.com/buildkite/buildkite-agent-scaler/pull/100
func parseSchedule(expression string) (schedule, error) {
	if found := rateExpression.FindStringSubmatch(expression); found != nil {
		number, err := strconv.Atoi(found[1])
		if err == nil && number > 0 && (number == 1) == (found[3] == "") {
			period := time.Duration(number) * units[found[2]]
			return func(after time.Time) time.Time { return after.Add(period) }, nil
		}
	}
	if found := cronExpression.FindStringSubmatch(expression); found != nil {
		if parsed, ok := parseCron(strings.Fields(found[1])); ok {
			return parsed.next, nil
		}
	}
	return nil, awsapi.BadRequest("ValidationException", "Parameter ScheduleExpression is not valid.")
}
