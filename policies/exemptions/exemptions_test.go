package exemptions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/policies/exemptions"
)

var today = time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)

func isRule(id string) bool { return id == "rds-port" || id == "s3-versioned" }

const good = `
exemptions:
  - rule: rds-port
    resources: urn:pulumi:dev::platform::*aws:rds/instance:Instance::*
    reason: Tools of the developers know no other port than PostgreSQL's own.
    expires: 2026-11-23
  - rule: s3-versioned
    resources: urn:pulumi:*::platform::aws:s3/bucketV2:BucketV2::scratch
    reason: It holds nothing that could not be made again in a minute.
    expires: 2026-11-22
`

func load(t *testing.T, text string) []exemptions.Exemption {
	t.Helper()
	list, err := exemptions.Load("exemptions.yaml", []byte(text), isRule, today)
	require.NoError(t, err)
	return list
}

const (
	database = "urn:pulumi:dev::platform::genericcorp:database:Database$aws:rds/instance:Instance::database"
	scratch  = "urn:pulumi:dev::platform::aws:s3/bucketV2:BucketV2::scratch"
)

func TestExemptions(t *testing.T) {
	t.Parallel()
	r := exemptions.NewRegister(load(t, good), today)
	assert.True(t, r.Exempts("rds-port", database), "through its last day")
	assert.False(t, r.Exempts("rds-encrypted", database), "another rule")
	assert.False(t, r.Exempts("rds-port", strings.Replace(database, "dev", "prod", 1)), "another stack")
	assert.False(t, r.Exempts("s3-versioned", scratch), "expired")
	assert.Equal(t, []string{
		"rds-port for urn:pulumi:dev::platform::*aws:rds/instance:Instance::*: used by 1 resource, database, until 2026-11-23 (Tools of the developers know no other port than PostgreSQL's own.)",
		"s3-versioned for urn:pulumi:*::platform::aws:s3/bucketV2:BucketV2::scratch: EXPIRED, it no longer exempts the 1 resource that it matches, until 2026-11-22 (It holds nothing that could not be made again in a minute.)",
	}, r.Report("dev"))
}

func TestReportOfUnused(t *testing.T) {
	t.Parallel()
	r := exemptions.NewRegister(load(t, good), today)
	lines := r.Report("prod")
	require.Len(t, lines, 1, "what is written for another stack is no matter of this one")
	assert.Contains(t, lines[0], "EXPIRED and unused, remove it")
	assert.Contains(t, r.Report("dev")[0], ": unused, remove it, until")
	assert.Empty(t, exemptions.NewRegister(nil, today).Report("dev"))
}

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := exemptions.Load("exemptions.yaml", []byte(`
exemptions:
  - rule: no-such-rule
    resources: "*"
    reason: because
    expires: soon
    until: 2027-01-01
  - rule: rds-port
    resources: urn:pulumi:dev::platform::*::*
    reason: Tools of the developers know no other port than PostgreSQL's own.
    expires: 2036-01-01
  - rule: s3-versioned
    resources: urn:pulumi:dev::platform::aws:s3/bucketV2:BucketV2::a
    reason: It holds nothing that could not be made again in a minute.
    expires: 2027-01-01
  - rule: s3-versioned
    resources: urn:pulumi:dev::platform::aws:s3/bucketV2:BucketV2::a
    reason: It holds nothing that could not be made again in a minute.
    expires: 2027-01-01
`), isRule, today)
	require.Error(t, err)
	for _, want := range []string{
		"line 7: field until not found",
		`exemptions[0].rule: got "no-such-rule", expected the id of a rule in docs/policies.md that can be exempted`,
		`exemptions[0].resources: got "*", expected urn:pulumi:`,
		`exemptions[0].reason: got "because", expected the reason, in 20 characters or more`,
		`exemptions[0].expires: got "soon", expected a day such as 2027-03-31`,
		`exemptions[1].resources: got "urn:pulumi:dev::platform::*::*"`,
		`exemptions[1].expires: got "2036-01-01", expected a day within a year from today`,
		`exemptions[3]: got "s3-versioned for urn:pulumi:dev::platform::aws:s3/bucketV2:BucketV2::a", expected each exemption only once`,
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.Equal(t, 8, strings.Count(err.Error(), "exemptions.yaml: "))
}

func TestEmptyAndBroken(t *testing.T) {
	t.Parallel()
	assert.Empty(t, load(t, ""))
	assert.Empty(t, load(t, "exemptions: []\n"))
	for _, text := range []string{"exemptions: 7", "- a", "exemptions: [", "exemptions: []\n---\nexemptions: []\n"} {
		_, err := exemptions.Load("exemptions.yaml", []byte(text), isRule, today)
		assert.ErrorContains(t, err, "exemptions.yaml: ", text)
	}
}

// No text makes loading panic, and what is loaded never panics on any URN.
func TestAnyTextLoadsOrFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[a-z*$:\\.+(\[]{0,20}`).Draw(t, "pattern")
		text := rapid.OneOf(rapid.Just(strings.Replace(good, "*aws:rds/instance:Instance", pattern, 1)), rapid.String()).Draw(t, "text")
		list, err := exemptions.Load("x", []byte(text), isRule, today)
		if err == nil {
			exemptions.NewRegister(list, today).Exempts("rds-port", rapid.String().Draw(t, "urn"))
		}
	})
}
