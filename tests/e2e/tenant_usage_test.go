package e2e

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// used is what the operator's command tells of a time.
type used struct {
	Environment string      `json:"environment"`
	From        time.Time   `json:"from"`
	To          time.Time   `json:"to"`
	Rows        []api.Usage `json:"rows"`
	Total       api.Usage   `json:"total"`
	Warnings    []string    `json:"warnings"`
}

// ofEdge leaves out the database's part, to which the sweep adds every minute.
func (u *used) ofEdge() {
	u.Rows = slices.DeleteFunc(u.Rows, func(row api.Usage) bool { return row.Served+row.Refused == 0 })
	withoutDatabase(&u.Total)
	for i := range u.Rows {
		withoutDatabase(&u.Rows[i])
	}
}

func withoutDatabase(u *api.Usage) { u.StoredKiBMinutes, u.SessionSeconds, u.ActiveSeconds = 0, 0, 0 }

// shows looks for a line that begins so.
func shows(t *testing.T, lines []string, beginning string) {
	t.Helper()
	assert.True(t, slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, beginning) }), "%q in %q", beginning, lines)
}

// TestTenantUsage hands a batch to the ledger as gate does, twice, and has the operator's commands tell of it once: of a tenant, of one that
// is gone, and of nobody's names, what they used and what that cost.
func TestTenantUsage(t *testing.T) {
	t.Parallel()
	c := testcloud.Shared(t)
	hour := time.Now().UTC().Truncate(time.Hour)
	midnight := hour.Truncate(24 * time.Hour)
	day, dayBefore := midnight.Format(time.DateOnly), midnight.AddDate(0, 0, -1).Format(time.DateOnly)
	acme := api.Usage{Tenant: "acme", Tier: "pro", Served: 12, Refused: 3, Admitted: 13, BytesIn: 2 << 10, BytesOut: 5 << 20, Milliseconds: 300}
	gone := api.Usage{Tenant: "willow", Served: 1, Admitted: 1, BytesIn: 4, BytesOut: 6, Milliseconds: 8}
	nobody := api.Usage{Refused: 7, Milliseconds: 7}
	record(t, c, hour, acme, gone, nobody)

	t.Run("of all tenants on a day", func(t *testing.T) {
		var all used
		c.Platform(t, &all, "tenant", "usage", "--day", day)
		all.ofEdge()
		assert.Equal(t, used{
			Environment: "local", From: midnight, To: midnight.AddDate(0, 0, 1), Warnings: []string{},
			Rows: []api.Usage{acme, nobody, gone}, Total: api.Usage{}.Plus(acme).Plus(nobody).Plus(gone),
		}, all, "the busiest first")
		shown := text(t, c, "tenant", "usage", "--day", day)
		shows(t, shown, "acme pro 12 3 2.0 KiB 5.0 MiB 20ms ")
		assert.Contains(t, shown, "(of no tenant) - 0 7 0 B 0 B 1ms 0.0 0s")
		assert.Contains(t, shown, "willow - 1 0 4 B 6 B 8ms 0.0 0s")
	})
	t.Run("of one tenant by the hour", func(t *testing.T) {
		var one used
		c.Platform(t, &one, "tenant", "usage", "acme", "--day", day)
		one.ofEdge()
		ofHour := acme
		ofHour.Hour = hour
		assert.Equal(t, []api.Usage{ofHour}, one.Rows)
		assert.Equal(t, api.Usage{}.Plus(acme), one.Total)
		shows(t, text(t, c, "tenant", "usage", "acme", "--day", day), hour.Format("15:04")+" pro 12 3 2.0 KiB 5.0 MiB 20ms ")
	})
	t.Run("what it cost", func(t *testing.T) { costs(t, c, day) })
	t.Run("in the morning report", func(t *testing.T) { morning(t, c, day) })
	t.Run("of another day", func(t *testing.T) {
		var before used
		c.Platform(t, &before, "tenant", "usage", "--day", dayBefore)
		assert.Empty(t, before.Rows)
		assert.Equal(t, []string{"the ledger of environment local has no tenant acme for " + dayBefore}, text(t, c, "tenant", "usage", "acme", "--day", dayBefore))
	})
	t.Run("held by the breaker for what it cost", func(t *testing.T) { held(t, c, hour) })
}

// costs has the estimate of what is deployed shared among those who used something.
func costs(t *testing.T, c *testcloud.Cloud, day string) {
	t.Helper()
	type line struct {
		Kind, Tenant string
		CostUSD      decimal.Decimal
	}
	var found struct {
		Rows  []line
		Whole line
	}
	c.Platform(t, &found, "cost", "--by", "tenant", "--day", day)
	kinds, sum := map[string]string{}, decimal.Zero
	for _, row := range found.Rows {
		kinds[row.Tenant] += row.Kind + " "
		sum = sum.Add(row.CostUSD)
		if row.Tenant == "acme" || row.Kind == "platform" {
			assert.True(t, row.CostUSD.IsPositive(), "%+v", row)
		}
	}
	assert.True(t, found.Whole.CostUSD.IsPositive())
	assert.Equal(t, found.Whole.CostUSD.String(), sum.String(), "nothing is lost")
	assert.Equal(t, "tenant ", kinds["acme"])
	assert.Equal(t, "gone ", kinds["willow"])
	assert.ElementsMatch(t, []string{"nobody", "idle", "platform"}, strings.Fields(kinds[""]))
}

// morning has the report of a day, which need not be the one that it takes by itself, say the same to programs, at a terminal and as a page.
func morning(t *testing.T, c *testcloud.Cloud, day string) {
	t.Helper()
	var found struct {
		Environment, Headline string
		Cost                  struct{ DayUSD decimal.Decimal }
		Tenants               struct{ Rows []struct{ Tenant string } }
	}
	c.Platform(t, &found, "report", "--date", day)
	assert.Equal(t, "local", found.Environment)
	assert.NotEmpty(t, found.Headline)
	assert.True(t, found.Cost.DayUSD.IsPositive())
	names := []string{}
	for _, row := range found.Tenants.Rows {
		names = append(names, row.Tenant)
	}
	assert.Contains(t, names, "acme")
	assert.Contains(t, strings.Join(text(t, c, "report", "--date", day), "\n"), "acme")
	page := strings.Join(text(t, c, "report", "--date", day, "--html", "-"), "\n")
	assert.Contains(t, page, "<!doctype html>")
	assert.Contains(t, page, "acme")
}

// record hands over what was used in an hour, as gate does: as its role, by the function, and once more as after an answer that was lost.
// The environment has no edge, so nobody else does. When the test ends the ledger has nothing of it.
func record(t *testing.T, c *testcloud.Cloud, hour time.Time, all ...api.Usage) {
	t.Helper()
	config := observe.Administrator(t, c)
	admin, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	password, source := rand.Text(), "test-"+rand.Text()
	// Without a password nobody logs in as the role, as before.
	_, err = admin.Exec(t.Context(), fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", api.EdgeRole, password))
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(testcloud.Context(t), fmt.Sprintf("ALTER ROLE %s PASSWORD NULL; DELETE FROM platform.usage; DELETE FROM platform.usage_source WHERE source = '%s'",
			api.EdgeRole, source), pgx.QueryExecModeSimpleProtocol)
		assert.NoError(t, err)
		assert.NoError(t, admin.Close(testcloud.Context(t)))
	})
	config.User, config.Password = api.EdgeRole, password
	gate, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer func() { assert.NoError(t, gate.Close(testcloud.Context(t))) }()

	rows := make([]map[string]any, 0, len(all))
	for _, u := range all {
		rows = append(rows, map[string]any{
			"tenant": u.Tenant, "hour": hour, "served": u.Served, "refused": u.Refused, "admitted": u.Admitted, "bytes_in": u.BytesIn, "bytes_out": u.BytesOut,
			"milliseconds": u.Milliseconds,
		})
	}
	batch, err := json.Marshal(rows)
	require.NoError(t, err)
	for _, want := range []bool{true, false} {
		var taken bool
		require.NoError(t, gate.QueryRow(t.Context(), "SELECT "+api.EdgeSchema+"."+api.EdgeRecord+"($1, 1, 0, $2)", source, string(batch)).Scan(&taken))
		assert.Equal(t, want, taken)
	}
	_, err = gate.Exec(t.Context(), "SELECT FROM platform.usage")
	require.ErrorContains(t, err, "permission denied", "it may add to the ledger, and not read it")
}

// text is what the operator's command prints for people, each line with single spaces.
func text(t *testing.T, c *testcloud.Cloud, args ...string) (lines []string) {
	t.Helper()
	command := c.Command(t, args...)
	out, err := command.Output()
	c.Note(t, out)
	require.NoError(t, err, testcloud.Tail(string(out)))
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}
