package slug

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"acme", "a1b", "acme-corp", "a-b-c-1", strings.Repeat("a", 40)} {
		assert.NoError(t, Check(good))
	}
	for bad, want := range map[string]string{
		"":                      `tenant slug "" has 0 bytes, expected 3 to 40`,
		"ab":                    "has 2 bytes",
		strings.Repeat("a", 41): "has 41 bytes",
		"1abc":                  "beginning with a letter",
		"-abc":                  "beginning with a letter",
		"abc-":                  "ending with a letter or digit",
		"a--b":                  "single hyphens",
		"xn--80ak6aa92e":        "single hyphens",
		"Acme":                  "lower-case letters",
		"acme_corp":             "lower-case letters",
		"acme corp":             "lower-case letters",
		"acme\n":                `"acme\n"`,
		`a";drop schema x;--`:   "lower-case letters",
		"аcme":                  `"\u0430cme"`, // Cyrillic a
		"acme\u200bx":           `\u200b`,
		"admin":                 `tenant slug "admin" is reserved: take another, such as "admin-inc"`,
		"public":                "reserved",
	} {
		assert.ErrorContains(t, Check(bad), want)
	}
	assert.Less(t, len(Check(strings.Repeat("x", 1<<20)).Error()), 200)
}

// Whatever passes is safe as an identifier, a host label and a file name, and leads back to itself.
func TestDerivedNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z][a-z0-9-]{2,39}`).Draw(t, "slug")
		if Check(s) != nil {
			t.Skip("refused")
		}
		for _, name := range []string{Schema(s), Role(s), OwnerRole(s)} {
			require.LessOrEqual(t, len(name), 63)
		}
		require.Error(t, Check(strings.TrimPrefix(OwnerRole(s), prefix)), "an owner role is no tenant's role")
	})
}

// No two slugs meet in a role, be it one's login and the other's owner.
func TestNoTwoSlugsShareAName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`[a-z]{1,3}(-(owner|a|tenant)){1,2}`)
		a, b := words.Draw(t, "a"), words.Draw(t, "b")
		if a == b || Check(a) != nil || Check(b) != nil {
			t.Skip("nothing to compare")
		}
		names := map[string]bool{Role(a): true, OwnerRole(a): true, Role(b): true, OwnerRole(b): true}
		require.Len(t, names, 4)
	})
}

// What is refused is refused whatever it is: arbitrary text never passes unless it has the form.
func TestArbitraryText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		if Check(s) == nil {
			require.Regexp(t, `^[a-z][a-z0-9-]{1,38}[a-z0-9]$`, s)
		}
	})
}

// Names of drills' tenants are for drills alone, and no other name is taken for one.
func TestDrillNamesAreReserved(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 28, 20, 15, 0, 0, time.UTC)
	name := Drill(made)
	assert.Equal(t, "drill-20261128t201500", name)
	require.NoError(t, Check(name))
	at, ok := DrillTime(name)
	assert.True(t, ok)
	assert.Equal(t, made, at)
	for _, taken := range []string{"drill", "drill-scratch", "drill-holdings", name} {
		require.ErrorContains(t, CheckNew(taken), "is reserved: drills make and remove tenants", taken)
	}
	for _, customer := range []string{"drilling", "acme-drill", "drillers-inc"} {
		require.NoError(t, CheckNew(customer), customer)
	}
	require.Error(t, CheckNew("Acme"))
	for _, other := range []string{"drill", "drill-scratch", "drill-20261128t2015", "drill-20261328t201500", "acme"} {
		_, ok := DrillTime(other)
		assert.False(t, ok, other)
	}
}
