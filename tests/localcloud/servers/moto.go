// Package servers plans the processes of the local cloud: how each is configured, started and recognised as ready.
package servers

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// AccountID is the account that the local cloud plays; Region is the only region that it is used in.
const (
	AccountID = "123456789012"
	Region    = "us-east-1"
)

// Moto plans the AWS API emulator. It keeps everything in memory, so its end is the end of the local cloud.
func Moto(program string, port int) supervise.Spec {
	address := loopback(port)
	return supervise.Spec{
		Name:    "moto",
		Command: []string{program, "--host", "127.0.0.1", "--port", strconv.Itoa(port)},
		Env: []string{
			"MOTO_ACCOUNT_ID=" + AccountID,
			"MOTO_IAM_LOAD_MANAGED_POLICIES=true", // roles attach AWS's own policies
			"MOTO_ACM_VALIDATION_WAIT=0",          // the gateway says when a certificate is issued
			"PYTHONUNBUFFERED=1",
		},
		Address: address,
		Ready:   supervise.RespondsOK(http.DefaultClient, "http://"+address+"/moto-api/"),
		Vital:   true,
	}
}

func loopback(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
