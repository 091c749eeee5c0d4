package lambda

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

// variables are the process's whole environment: the function's own, and what Lambda adds.
func (e *environment) variables(api string, credentials sts.Credentials) []string {
	config, s := e.function.service.config, e.settings
	list := []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + e.function.name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(s.MemoryMiB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + e.function.name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + filepath.Base(e.log),
		"AWS_EXECUTION_ENV=AWS_Lambda_" + s.Runtime,
		"AWS_REGION=" + config.Account.Region,
		"AWS_DEFAULT_REGION=" + config.Account.Region,
		"AWS_ENDPOINT_URL=" + config.Places.Endpoint,
		"AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + credentials.Token,
		"AWS_EC2_METADATA_DISABLED=true",
		"LAMBDA_TASK_ROOT=" + e.artifact.dir,
		"LAMBDA_RUNTIME_DIR=" + e.artifact.dir,
		"_HANDLER=" + s.Handler,
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=en_US.UTF-8",
		"TZ=:UTC",
	}
	for key, value := range s.Environment.Variables {
		list = append(list, key+"="+value)
	}
	return list
}

// reserved are the variables that are Lambda's own to set, beside all that begin with AWS_LAMBDA_.
var reserved = map[string]bool{
	"_HANDLER": true, "_X_AMZN_TRACE_ID": true, "AWS_DEFAULT_REGION": true, "AWS_REGION": true, "AWS_EXECUTION_ENV": true,
	"AWS_ACCESS_KEY": true, "AWS_ACCESS_KEY_ID": true, "AWS_SECRET_ACCESS_KEY": true, "AWS_SESSION_TOKEN": true,
	"LAMBDA_TASK_ROOT": true, "LAMBDA_RUNTIME_DIR": true,
}

// checkVariables refuses what Lambda refuses.
func checkVariables(variables any) error {
	given, _ := variables.(object)
	for key := range given {
		if reserved[key] || strings.HasPrefix(key, "AWS_LAMBDA_") {
			return awsapi.BadRequest("InvalidParameterValueException", "Lambda was unable to configure your environment variables because "+
				"the environment variables you have provided contains reserved keys that are currently not supported for modification. "+
				"Reserved keys used in this request: %s", key)
		}
	}
	return nil
}
