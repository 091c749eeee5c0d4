// Package sts completes the emulator's AWS Security Token Service.
package sts

import (
	"net/http"
	"strings"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

const (
	// Administrator is the role that the local cloud's own credentials are a session of, as people's are on AWS.
	Administrator = "platform-administrator"
	session       = "local"
	// anybody is whom the emulator takes a caller for whose credentials it did not make.
	anybody = ":user/moto"
)

// New says whose the local cloud's credentials are: a role's, since an EKS cluster lets in roles alone.
func New(account awsapi.Account, emulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response := awsapi.Forward(emulator, r)
		response.RewriteXML(func(document *etree.Document) {
			arn := document.FindElement("./GetCallerIdentityResponse/GetCallerIdentityResult/Arn")
			if arn != nil && strings.HasSuffix(arn.Text(), anybody) {
				arn.SetText("arn:aws:sts::" + account.ID + ":assumed-role/" + Administrator + "/" + session)
			}
		})
		response.Send(w)
	})
}
