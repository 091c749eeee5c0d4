package slo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	for args, refused := range map[string]string{
		"":                                   "",
		"--month=2026-10":                    "",
		"--day=2026-11-29 --json":            "",
		"acme":                               "unknown command",
		"--env=moon":                         `--env: got "moon"`,
		"--day=2026-11-29 --month=2026-11":   "--month",
		"--env=prod --month=2026-11 --json=": "invalid argument",
	} {
		cmd := newCommand(&cmdutil.Factory{}, func(context.Context, *options) error { return nil })
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(strings.Fields(args))
		err := cmd.Execute()
		if refused == "" {
			require.NoError(t, err, args)
			continue
		}
		require.ErrorContains(t, err, refused, args)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	l := tenant.LevelsOf([]api.Served{
		{Tenant: "", Valid: 4, Failed: 3},
		{Tenant: "bolt", Tier: "pro", Valid: 1000, Failed: 6, Slow: 60},
		{Tenant: "left", Valid: 10, Failed: 1, Slow: 1},
		{Tenant: "acme", Tier: "free", Valid: 1_000_000, Failed: 1, Slow: 49_999},
		{Tenant: "cedar", Tier: "free", Valid: 1000, Failed: 5},
	})
	l.Environment, l.Warnings = "prod", []string{"look"}
	require.Equal(t, `
TIER        REQUESTS  FAILED     SERVED  PROMISED  BUDGET USED   SLOW      IN TIME  AIM
free         1001000       6  99.9994 %    99.5 %        0.1 %  49999    95.0051 %  95 % within 1s
starter            0       0          -    99.5 %            -      0            -  95 % within 1s
pro             1000       6     99.4 %    99.5 %      ! 120 %     60  ! 93.9638 %  95 % within 500ms
enterprise         0       0          -    99.5 %            -      0            -  95 % within 500ms
(prod, 2026-11 so far, UTC, by the edge's count of each request. A tenant counts for the tier that it has now.)
of tenants that are gone: 10 requests, 1 failed
failed before anybody knew whose they were: 3 requests

served worse than promised:
TENANT      REQUESTS  FAILED  SERVED  PROMISED  BUDGET USED  SLOW      IN TIME  AIM
bolt (pro)      1000       6  99.4 %    99.5 %      ! 120 %    60  ! 93.9638 %  95 % within 500ms
warning: look`, "\n"+levelsText(l, "2026-11 so far"))
	require.Contains(t, levelsText(tenant.LevelsOf([]api.Served{{Tenant: "cedar", Tier: "free", Valid: 1000, Failed: 5}}), ""), "\nno tenant was served worse than promised", "just as promised")
	require.Contains(t, levelsText(tenant.LevelsOf(nil), ""), "\nno tenant had a request that counts")
}

// However many tenants suffer, the text stays one that a person reads.
func TestManyTenants(t *testing.T) {
	t.Parallel()
	var served []api.Served
	for i := range 30 {
		served = append(served, api.Served{Tenant: fmt.Sprintf("t%02d", i), Tier: "free", Valid: 10, Failed: 1})
	}
	text := levelsText(tenant.LevelsOf(served), "")
	assert.Contains(t, text, "the worst 20 of 30")
	assert.Contains(t, text, "t19")
	assert.NotContains(t, text, "t20")
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	o := &options{now: time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC), period: cmdutil.Period{Month: "2027-01"}}
	require.ErrorContains(t, show(t.Context(), o), `--month: got "2027-01", expected a time that has begun`)
}
