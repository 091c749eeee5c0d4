package database_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
)

// TestLogOfFailuresHoldsNoData lets statements fail on a server with the settings: its log says what failed and who did it, and
// nothing of the rows.
func TestLogOfFailuresHoldsNoData(t *testing.T) {
	t.Parallel()
	r, _ := record(t, "main", good())
	list, ok := r.One(t, parametersType, "main-parameters").Value(t, "parameters").([]any)
	require.True(t, ok)
	settings := []string{"log_line_prefix=%u:", "deadlock_timeout=10ms"} // RDS's has the role, too; the second says which waits are logged
	for _, entry := range list {
		p, _ := entry.(map[string]any)
		if name := fmt.Sprint(p["name"]); strings.HasPrefix(name, "log_") {
			settings = append(settings, fmt.Sprintf("%s=%v", name, p["value"]))
		}
	}
	server := postgrestest.Start(t, settings...)
	connection := server.Connect(t, server.Admin, server.AdminPassword)
	try := func(statement string, values ...any) error {
		_, err := connection.Exec(t.Context(), statement, values...)
		return err
	}
	const data = "alice@example.com"
	require.NoError(t, try("CREATE TABLE people (mail text PRIMARY KEY, age int NOT NULL)"))
	require.NoError(t, try("INSERT INTO people VALUES ('"+data+"', 30)"))
	for statement, message := range map[string]string{
		"INSERT INTO people VALUES ('" + data + "', 31)": "duplicate key value violates unique constraint",
		"INSERT INTO people VALUES ('" + data + "')":     "null value in column",
		"SELECT '" + data + "' FROM nowhere":             `relation "nowhere" does not exist`,
		"SELECT '" + data + "', 1/0":                     "division by zero",
	} {
		require.ErrorContains(t, try(statement), message)
		require.Contains(t, server.Log(t), server.Admin+":ERROR:  "+message)
	}
	require.ErrorContains(t, try("INSERT INTO people VALUES ($1, $2)", data, 32), "duplicate key")
	require.NotContains(t, server.Log(t), data)

	other := server.Connect(t, server.Admin, server.AdminPassword)
	_, err := other.Exec(t.Context(), "BEGIN; LOCK TABLE people")
	require.NoError(t, err)
	require.Error(t, try("SET lock_timeout = '2s'; SELECT count(*) FROM people"))
	require.Regexp(t, `still waiting for AccessShareLock(?s:.*)STATEMENT:  .*SELECT count\(\*\) FROM people`, server.Log(t), "of what waits there is more")
}
