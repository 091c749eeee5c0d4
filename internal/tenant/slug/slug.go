// Package slug holds the one rule for the short name of a tenant, and every name that is derived from it. Two slugs never
// share a derived name, because a slug has no underscore and a hyphen stays a hyphen.
package slug

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

const (
	least = 3
	most  = 40 // with prefix and suffix below PostgreSQL's 63 bytes of an identifier and DNS's of a label
)

// pattern has lower-case ASCII alone: no other script that looks like it, no two hyphens (and so no "xn--").
var pattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// reserved are the host names and words that a customer must not speak under, or that would confuse an operator.
var reserved = func() map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(`
		abuse account accounts admin administrator all api app apps assets auth autodiscover aws billing blog cdn cluster
		console dashboard database default demo dev docs email example ftp generic genericcorp grafana help hostmaster
		imap info internal kube kubernetes local localhost login mail master metrics monitoring mta-sts none noreply null
		oauth ops owner pay payments platform pop postgres postmaster private prod production public rds rdsadmin root
		security settings shared shop signin signup smtp ssl staging static status support system tenant tenants test
		undefined webmail webmaster wpad www`) {
		words[word] = true
	}
	return words
}()

// Check tells what is wrong with a slug, or nothing.
func Check(s string) error {
	switch {
	case len(s) < least || len(s) > most:
		return fmt.Errorf("tenant slug %s has %s, expected %d to %d", quote(s), printable.Count(len(s), "byte"), least, most)
	case !pattern.MatchString(s):
		return fmt.Errorf("tenant slug %s: expected lower-case letters a to z, digits and single hyphens, beginning with a letter and ending with a letter or digit", quote(s))
	case reserved[s]:
		return fmt.Errorf("tenant slug %s is reserved: take another, such as %q", quote(s), s+"-inc")
	}
	return nil
}

// CheckNew is Check for a tenant that a person or a workflow makes: names that begin as those of a drill's tenants are the
// drill's alone, which removes them.
func CheckNew(s string) error {
	if err := Check(s); err != nil {
		return err
	}
	if s == drillWord || strings.HasPrefix(s, drillWord+"-") {
		return fmt.Errorf("tenant slug %s is reserved: drills make and remove tenants whose names begin with %q; take another, such as %q", quote(s), drillWord+"-", "a-"+s)
	}
	return nil
}

const (
	drillWord = "drill"
	drillTime = "20060102t150405"
)

// Drill is the name of the tenant that a drill makes at that time.
func Drill(at time.Time) string { return drillWord + "-" + at.UTC().Format(drillTime) }

// DrillTime tells when a drill made the tenant of that name; ok is false of any other tenant.
func DrillTime(s string) (at time.Time, ok bool) {
	at, err := time.Parse(drillWord+"-"+drillTime, s)
	return at, err == nil && Drill(at) == s
}

// quote shows text of any length and script in ASCII, so that a look-alike letter is seen for what it is.
func quote(s string) string {
	if len(s) > 2*most {
		s = s[:2*most] + "..."
	}
	return fmt.Sprintf("%+q", s)
}

const (
	prefix = "tenant_"
	suffix = "_owner"
)

// Schema is the name of the tenant's database schema.
func Schema(s string) string { return prefix + s }

// Role is the name of the role that the tenant's workloads log in as.
func Role(s string) string { return prefix + s }

// OwnerRole is the name of the role, without login, that owns whatever is in the tenant's schema.
func OwnerRole(s string) string { return prefix + s + suffix }

// HostLabel is the first label of the tenant's host name, as in acme.app.genericcorp.example.
func HostLabel(s string) string { return s }

// SecretName is the name of the secret with the tenant's connection.
func SecretName(environment, s string) string { return "platform/" + environment + "/tenants/" + s }

// SecretFile is the file that pods find that connection in, in their folder of secrets.
func SecretFile(s string) string { return "tenant-" + s + ".json" }

// Namespace is the namespace of a tenant in the environment's cluster.
func Namespace(s string) string { return "tenant-" + s }

// StackName is the name of the tenant's stack.
func StackName(environment, s string) string { return environment + "-tenant-" + s }
