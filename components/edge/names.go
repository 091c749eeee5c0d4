package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// recordSeconds is how long resolvers remember the record that proves the domain. It never changes.
	recordSeconds = 300
	// issuedWithin is how long a deployment waits for the certificate. AWS takes minutes once it sees the record, and sees it when the
	// registrar leads to the zone: whoever waits longer waits for that.
	issuedWithin = "20m"
)

// makeCertificate has AWS issue a certificate for all tenants' names, and proves by a record that the domain is ours. The record stays:
// AWS renews the certificate by itself as long as it finds it. The certificate's one name is a wildcard, so that the public logs of
// certificates tell no tenant's name.
// Source: AWS Certificate Manager User Guide, "DNS validation" and "Managed certificate renewal", 2026-11.
func (b *builder) makeCertificate() error {
	certificate, err := acm.NewCertificate(b.ctx, b.name, &acm.CertificateArgs{
		DomainName: pulumi.String(wildcard(b.args.entry())), ValidationMethod: pulumi.String("DNS"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("request certificate: %w", err)
	}
	proof := certificate.DomainValidationOptions.Index(pulumi.Int(0)) // the certificate has one name
	record, err := route53.NewRecord(b.ctx, b.name+"-certificate", &route53.RecordArgs{
		ZoneId: pulumi.String(b.args.ZoneID), Name: proof.ResourceRecordName().Elem(), Type: pulumi.String("CNAME"),
		Ttl: pulumi.Int(recordSeconds), Records: pulumi.StringArray{proof.ResourceRecordValue().Elem()},
		// The record is the same for each certificate of this name in this account: an earlier one, or a run that was killed, may have left it.
		AllowOverwrite: pulumi.Bool(true),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("prove the domain: %w", err)
	}
	issued, err := acm.NewCertificateValidation(b.ctx, b.name, &acm.CertificateValidationArgs{
		CertificateArn: certificate.Arn, ValidationRecordFqdns: pulumi.StringArray{record.Fqdn},
	}, pulumi.Parent(b.parent), pulumi.Timeouts(&pulumi.CustomTimeouts{Create: issuedWithin}))
	if err != nil {
		return fmt.Errorf("wait for certificate: %w", err)
	}
	b.parent.CertificateARN = issued.CertificateArn
	return nil
}

// makeNames leads the domain's names to the load balancer: app.<domain>, and everything below it. Names of tenants need no record of their
// own then, and asking for one tells nobody whether there is such a tenant.
func (b *builder) makeNames() error {
	for _, record := range []struct{ suffix, name string }{{"entry", b.args.entry()}, {"tenants", wildcard(b.args.entry())}} {
		_, err := route53.NewRecord(b.ctx, b.name+"-"+record.suffix, &route53.RecordArgs{
			ZoneId: pulumi.String(b.args.ZoneID), Name: pulumi.String(record.name), Type: pulumi.String("A"),
			Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
				Name: b.balancer.DnsName, ZoneId: b.balancer.ZoneId,
				EvaluateTargetHealth: pulumi.Bool(true), // there is no other record to fall back on: it costs nothing, and changes nothing
			}},
			AllowOverwrite: pulumi.Bool(true), // a run that was killed may have made it and not noted it
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create record %s: %w", record.name, err)
		}
	}
	return nil
}

// wildcard is every name right below a name.
func wildcard(name string) string { return "*." + name }
