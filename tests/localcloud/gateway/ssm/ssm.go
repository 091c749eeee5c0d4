// Package ssm completes the emulator's Systems Manager with AWS's own parameters, the same in every account.
package ssm

import (
	"encoding/json"
	"net/http"
	"regexp"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/eks"
)

// release is the parameter with the release of nodes that AWS recommends: see "Retrieve recommended Amazon Linux AMI IDs" in the
// user guide of EKS.
var release = regexp.MustCompile(`^/aws/service/eks/optimized-ami/(1\.\d+)/amazon-linux-2023/(?:arm64|x86_64)/standard/recommended/release_version$`)

type service struct {
	account  awsapi.Account
	emulator http.Handler
}

// New makes the service. What it does not serve is the emulator's.
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	return &service{account, emulator}
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := awsapi.ReadBody(r)
	in := map[string]any{}
	if err != nil || json.Unmarshal(body, &in) != nil || awsapi.JSONName(r) != "GetParameter" {
		s.emulator.ServeHTTP(w, r)
		return
	}
	name := awsapi.Text(in, "Name")
	found := release.FindStringSubmatch(name)
	if found == nil {
		s.emulator.ServeHTTP(w, r)
		return
	}
	out, err := json.Marshal(map[string]any{"Parameter": map[string]any{
		"Name": name, "Type": "String", "Value": eks.RecommendedRelease(found[1]), "Version": 1, "DataType": "text",
		"ARN": "arn:aws:ssm:" + s.account.Region + "::parameter" + name,
	}})
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	awsapi.WriteJSON(w, out)
}
