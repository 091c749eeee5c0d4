package authz

import (
	"net/http"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// ofLogs knows the writing of lines: the stream is made in a group, and lines are put into a stream of it. The ARN of a group ends in :*
// where an action on it is evaluated. Actions, resources and condition keys for Amazon CloudWatch Logs, 2026-11.
func (j *Judge) ofLogs(r *http.Request) ([]call, error) {
	in, err := body(r)
	if err != nil {
		return nil, err
	}
	group := j.Account.ARN("logs", "log-group:"+awsapi.Text(in, "logGroupName"))
	switch operation := awsapi.JSONName(r); operation {
	case "CreateLogStream":
		return []call{{action: "logs:" + operation, resource: group + ":*"}}, nil
	case "PutLogEvents":
		return []call{{action: "logs:" + operation, resource: group + ":log-stream:" + awsapi.Text(in, "logStreamName")}}, nil
	}
	return nil, errUnknown
}
