package route53

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// HasCNAME looks for a record in the public hosted zones that its name can be in.
func HasCNAME(ctx context.Context, account awsapi.Account, emulator http.Handler, name, value string) bool {
	name = strings.TrimSuffix(name, ".") + "."
	zones, err := account.Get(ctx, emulator, "route53", "/2013-04-01/hostedzone")
	if err != nil || zones.XML() == nil {
		return false
	}
	for _, zone := range zones.XML().FindElements("//HostedZone") {
		of, id, private := zone.FindElement("Name"), zone.FindElement("Id"), zone.FindElement("Config/PrivateZone")
		if of == nil || id == nil || private != nil && private.Text() == "true" || !strings.HasSuffix(name, "."+of.Text()) {
			continue
		}
		if hasIn(ctx, account, emulator, strings.TrimPrefix(id.Text(), "/hostedzone/"), name, value) {
			return true
		}
	}
	return false
}

// hasIn looks for a record in one zone.
func hasIn(ctx context.Context, account awsapi.Account, emulator http.Handler, zone, name, value string) bool {
	query := url.Values{"name": {name}, "type": {"CNAME"}, "maxitems": {"1"}}
	records, err := account.Get(ctx, emulator, "route53", "/2013-04-01/hostedzone/"+zone+"/rrset?"+query.Encode())
	if err != nil || records.XML() == nil {
		return false
	}
	for _, set := range records.XML().FindElements("//ResourceRecordSet") {
		is, points := set.FindElement("Name"), set.FindElement("ResourceRecords/ResourceRecord/Value")
		if is != nil && points != nil && is.Text() == name && strings.TrimSuffix(points.Text(), ".") == strings.TrimSuffix(value, ".") {
			return true
		}
	}
	return false
}
