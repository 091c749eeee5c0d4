// Package betterstack is what the platform knows of the objects of Better Stack's Uptime API: their kinds, their fields and which
// values those take. The client, the provider of Pulumi's engine and the components read it.
//
// Names of kinds and fields are those of Better Stack's own Terraform provider, in Pulumi's spelling, so that a published provider
// can take this one's place. Sources: https://betterstack.com/docs/uptime/api/ and
// github.com/BetterStackHQ/terraform-provider-better-uptime, docs/resources, both read in 2026-11.
package betterstack

import "strings"

const (
	// Package is the name of the provider's package, which the tokens of its kinds begin with.
	Package = "betterstack"
	// Program is the name by which the engine finds the provider's program on the PATH.
	Program = "pulumi-resource-" + Package
	// URL is where the API is.
	URL = "https://uptime.betterstack.com"
	// PageDomain is where a status page without a domain of its own stands: below its subdomain.
	PageDomain = "betteruptime.com"
	// TokenField is the field of the secret's JSON that has the token.
	TokenField = "apiToken"
)

// SecretInput is the provider's own input: the ARN of the secret in AWS Secrets Manager that has the token.
const SecretInput = "tokenSecretArn"

// Tokens of the kinds.
const (
	Monitor            = Package + ":index/monitor:Monitor"
	Policy             = Package + ":index/policy:Policy"
	StatusPage         = Package + ":index/statusPage:StatusPage"
	StatusPageSection  = Package + ":index/statusPageSection:StatusPageSection"
	StatusPageResource = Package + ":index/statusPageResource:StatusPageResource"
)

// ParentInput is the input of what stands on a status page: the page's ID.
const ParentInput = "statusPageId"

// Type is the type of a field's value.
type Type int

// The types. An ID is text here and a number in the API. Lists of texts have no order.
const (
	Text Type = iota
	ID
	Whole
	Truth
	Texts
	Wholes
	Objects
)

// Field is an input of a kind, and what the API tells of it.
type Field struct {
	Name     string // as the program writes it; the API's name is that in snake case
	Type     Type
	Required bool
	Texts    []string // that a Text, or an element of Texts, may be; nil is any
	Wholes   []int    // that a Whole may be; nil is any
	Least    int      // of a Whole
}

// Kind is a kind of object.
type Kind struct {
	Token string
	Path  string // of all of them; {page} stands for the ID of the status page that they are on
	// Key is the field that tells one object from another: the platform gives no two objects of a kind the same, and what already
	// has it is taken over rather than made twice.
	Key string
	// Filter says that a list takes the key as a query parameter.
	Filter bool
	Fields []Field
}

// OnPage says whether objects of the kind stand on a status page, which their path names.
func (k *Kind) OnPage() bool { return strings.Contains(k.Path, "{page}") }

// Field is the field of that name; nil when there is none.
func (k *Kind) Field(name string) *Field {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return &k.Fields[i]
		}
	}
	return nil
}

// Find is the kind of a token; nil when there is none.
func Find(token string) *Kind {
	for _, k := range kinds {
		if k.Token == token {
			return k
		}
	}
	return nil
}

// days are how long before its end a certificate or a domain may be told of.
var days = []int{1, 2, 3, 7, 14, 30, 60}

var kinds = []*Kind{
	{
		Token: Monitor, Path: "/api/v2/monitors", Key: "pronounceableName", Filter: true,
		Fields: []Field{
			{Name: "url", Required: true},
			{Name: "monitorType", Required: true, Texts: []string{
				"status", "expected_status_code", "keyword", "keyword_absence", "ping", "tcp", "udp", "smtp", "pop", "imap", "dns", "playwright",
			}},
			{Name: "pronounceableName", Required: true},
			{Name: "policyId"}, // text in the API, too
			{Name: "expectedStatusCodes", Type: Wholes},
			{Name: "checkFrequency", Type: Whole, Least: 30},
			{Name: "requestTimeout", Type: Whole, Wholes: []int{2, 3, 5, 10, 15, 30, 45, 60}}, // seconds, of what speaks HTTP
			{Name: "confirmationPeriod", Type: Whole},
			{Name: "recoveryPeriod", Type: Whole},
			{Name: "regions", Type: Texts, Texts: []string{"us", "eu", "as", "au"}},
			{Name: "verifySsl", Type: Truth},
			{Name: "sslExpiration", Type: Whole, Wholes: days},
			{Name: "domainExpiration", Type: Whole, Wholes: days},
			{Name: "followRedirects", Type: Truth},
			{Name: "paused", Type: Truth},
		},
	},
	{
		Token: Policy, Path: "/api/v3/policies", Key: "name",
		Fields: []Field{
			{Name: "name", Required: true},
			{Name: "repeatCount", Type: Whole},
			{Name: "repeatDelay", Type: Whole},
			{Name: "steps", Type: Objects, Required: true},
		},
	},
	{
		Token: StatusPage, Path: "/api/v2/status-pages", Key: "subdomain",
		Fields: []Field{
			{Name: "companyName", Required: true},
			{Name: "companyUrl", Required: true},
			{Name: "subdomain", Required: true},
			{Name: "timezone", Required: true},
			{Name: "customDomain"},
			{Name: "subscribable", Type: Truth},
			{Name: "hideFromSearchEngines", Type: Truth},
		},
	},
	{
		Token: StatusPageSection, Path: "/api/v2/status-pages/{page}/sections", Key: "name",
		Fields: []Field{{Name: "name", Required: true}},
	},
	{
		Token: StatusPageResource, Path: "/api/v2/status-pages/{page}/resources", Key: "resourceId",
		Fields: []Field{
			{Name: "statusPageSectionId", Type: ID},
			{Name: "resourceId", Type: ID, Required: true},
			{Name: "resourceType", Required: true, Texts: []string{"Monitor"}}, // IDs of other types could be the same
			{Name: "publicName", Required: true},
			{Name: "explanation"},
			{Name: "widgetType", Texts: []string{"plain", "history", "intraday_history", "response_times"}},
		},
	},
}

// Snake is a field's name in the API.
func Snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Camel is the name of a field of the API as a program writes it.
func Camel(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words[1:] {
		if word != "" {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}
