// Package route53 completes the emulator's Amazon Route 53.
package route53

import (
	"net/http"
	"strings"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// New has the ids of hosted zones begin with Z, as those of AWS do and settings expect it. The emulator's are letters and digits at random.
func New(emulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.Replace(r.URL.Path, "/hostedzone/Z", "/hostedzone/", 1)
		r.RequestURI = strings.Replace(r.RequestURI, r.URL.EscapedPath(), path, 1)
		r.URL.Path, r.URL.RawPath = path, ""
		response := awsapi.Forward(emulator, r)
		response.RewriteXML(func(document *etree.Document) {
			for _, id := range document.FindElements("//HostedZone/Id") {
				id.SetText(strings.Replace(id.Text(), "/hostedzone/", "/hostedzone/Z", 1))
			}
		})
		response.Send(w)
	})
}
