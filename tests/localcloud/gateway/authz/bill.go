package authz

import (
	"net/http"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// ofBill knows the account's bill, which is no resource unless it is a view that somebody made.
func (*Judge) ofBill(r *http.Request) ([]call, error) {
	if awsapi.JSONName(r) != "GetCostAndUsage" {
		return nil, errUnknown
	}
	return []call{{action: "ce:GetCostAndUsage", resource: "*"}}, nil
}
