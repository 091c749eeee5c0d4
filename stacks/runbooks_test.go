package stacks

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryAlarmHasARunbook: whoever is woken by an alarm finds its name, and a page, in the index of the runbooks.
func TestEveryAlarmHasARunbook(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../runbooks/README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(raw), "## By alarm\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	var indexed []string
	for row := range strings.Lines(table) {
		if names, _, isRow := strings.Cut(strings.TrimPrefix(row, "| "), " | "); isRow {
			for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(names, -1) {
				indexed = append(indexed, name[1])
			}
		}
	}
	node := regexp.MustCompile(`-\d+$`) // of the cache, whose alarms are those of each node
	var alarms []string
	for _, alarm := range planOf(t, "prod").OfType("aws:cloudwatch/metricAlarm:MetricAlarm") {
		alarms = append(alarms, node.ReplaceAllString(alarm.Name, ""))
	}
	slices.Sort(alarms)
	slices.Sort(indexed)
	require.Equal(t, slices.Compact(alarms), indexed)
}
