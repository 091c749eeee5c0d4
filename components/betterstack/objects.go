package betterstack

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/betterstack"
)

// How Better Stack looks. Source of the shortest period of a plan: https://betterstack.com/docs/uptime/check-frequency/.
const (
	paidSeconds = 30
	freeSeconds = 180
	// answerSeconds is more than a request of a tenant's may take, and less than what a person waits for.
	answerSeconds = 15
	// confirmSeconds have passed, with checks that failed, before anybody is woken.
	confirmSeconds = 60
	// recoverSeconds have passed, with none, before it is over.
	recoverSeconds = 180
	// certificateDays is below 30, with which the alarm edge-certificate begins: Better Stack tells only if nobody acts on that.
	certificateDays = 14
	domainDays      = 30
)

// nobody is a name that no tenant can have (internal/tenant/slug): the edge answers as for all names that it does not know. Load balancer,
// proxy, gate and cache have done their work then, and nobody's requests are used up.
const nobody = "status"

// Whom Better Stack wakes: who is on call at once, and everybody when nobody has answered.
const (
	teamAfterSeconds = 600
	repeats          = 3
	repeatSeconds    = 1800
)

// makePolicy makes the escalation policy. The free plan calls nobody and has none.
func (b *builder) makePolicy() error {
	if b.args.Responders == 0 {
		return nil
	}
	step := func(after int, member string) pulumi.Map {
		return pulumi.Map{
			"type": pulumi.String("escalation"), "waitBefore": pulumi.Int(after), "stepMembers": pulumi.Array{pulumi.Map{"type": pulumi.String(member)}},
		}
	}
	id, err := b.object(betterstack.Policy, "policy", pulumi.Map{
		"name": b.mark("escalation"), "repeatCount": pulumi.Int(repeats), "repeatDelay": pulumi.Int(repeatSeconds),
		"steps": pulumi.Array{step(0, "current_on_call"), step(teamAfterSeconds, "entire_team")},
	})
	b.policy = id.ToStringPtrOutput()
	return err
}

// makeMonitors makes those of the public ways: the edge, by a name that no tenant can have, which the edge refuses; the pages of tenants of our
// own; and the address for Stripe's events, which takes nothing but what Stripe sends.
func (b *builder) makeMonitors() error {
	err := b.makeMonitor("edge", edgeName, "edge", true, b.address(nobody, "/"), 404)
	for _, probe := range b.args.Probes {
		if err == nil {
			err = b.makeMonitor("probe-"+suffixOf(probe.Name), probe.Name, probe.Name, true, b.address(probe.Tenant, probe.Path), 0)
		}
	}
	if err == nil && b.args.WebhookURL != nil {
		err = b.makeMonitor("webhook", "", "events of Stripe", false, b.args.WebhookURL, 404)
	}
	return err
}

// address is a page of a tenant's.
func (b *builder) address(tenant, path string) pulumi.String {
	return pulumi.String("https://" + tenant + ".app." + b.args.Domain + path)
}

// makeMonitor makes the monitor of an address, which answers with the status, or with 2XX when it is 0.
func (b *builder) makeMonitor(suffix, title, part string, public bool, url pulumi.StringInput, status int) error {
	period := freeSeconds
	if b.args.Responders > 0 {
		period = paidSeconds
	}
	inputs := pulumi.Map{
		"url": url, "pronounceableName": b.mark(part), "monitorType": pulumi.String("status"), "checkFrequency": pulumi.Int(period),
		"requestTimeout": pulumi.Int(answerSeconds), "confirmationPeriod": pulumi.Int(confirmSeconds), "recoveryPeriod": pulumi.Int(recoverSeconds),
		"regions": pulumi.ToStringArray([]string{"as", "au", "eu", "us"}), "followRedirects": pulumi.Bool(false), "verifySsl": pulumi.Bool(true),
	}
	if status > 0 {
		inputs["monitorType"], inputs["expectedStatusCodes"] = pulumi.String("expected_status_code"), pulumi.IntArray{pulumi.Int(status)}
	}
	if public { // certificates and domains of ours: those of the webhook are AWS's
		inputs["sslExpiration"], inputs["domainExpiration"] = pulumi.Int(certificateDays), pulumi.Int(domainDays)
	}
	if b.args.Responders > 0 {
		inputs["policyId"] = b.policy
	}
	id, err := b.object(betterstack.Monitor, suffix, inputs)
	if public {
		b.monitors = append(b.monitors, shown{name: suffix, title: title, id: id})
	}
	return err
}

// makeStatusPage makes the page with a section, and on it what customers see.
func (b *builder) makeStatusPage() error {
	page, err := b.object(betterstack.StatusPage, "page", pulumi.Map{
		"companyName": pulumi.String(b.args.Company), "companyUrl": pulumi.String(b.args.CompanyURL), "subdomain": pulumi.String(b.args.Subdomain),
		"timezone": pulumi.String("UTC"), "subscribable": pulumi.Bool(true),
	})
	if err != nil {
		return err
	}
	section, err := b.object(betterstack.StatusPageSection, "section", pulumi.Map{"statusPageId": page, "name": pulumi.String("Platform")})
	if err != nil {
		return err
	}
	own := section.ApplyT(func(id pulumi.ID) string { // behind the page's
		_, after, _ := strings.Cut(string(id), "/")
		return after
	}).(pulumi.StringOutput)
	for _, monitor := range b.monitors {
		if _, err := b.object(betterstack.StatusPageResource, "shows-"+monitor.name, pulumi.Map{
			"statusPageId": page, "statusPageSectionId": own, "resourceId": monitor.id, "resourceType": pulumi.String("Monitor"),
			"publicName": pulumi.String(monitor.title), "widgetType": pulumi.String("history"),
		}); err != nil {
			return err
		}
	}
	// The page answers once it is there.
	b.parent.StatusPageURL = page.ApplyT(func(pulumi.ID) string {
		return "https://" + b.args.Subdomain + "." + betterstack.PageDomain
	}).(pulumi.StringOutput)
	return nil
}
