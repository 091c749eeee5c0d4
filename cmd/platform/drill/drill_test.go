package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMissed(t *testing.T) {
	t.Parallel()
	objective := Objective{RTO: time.Minute, RPO: time.Minute}
	met := Result{RTOSeconds: 60}
	assert.NoError(t, met.missed(objective), "work lost is not known")
	met.lost(time.Minute)
	assert.NoError(t, met.missed(objective))

	late := Result{RTOSeconds: 61}
	assert.EqualError(t, late.missed(objective), "it took 1m1s, the objective is 1m0s")
	lossy := Result{RTOSeconds: 1}
	lossy.lost(90 * time.Minute)
	assert.EqualError(t, lossy.missed(objective), "work of 1h30m0s would have been lost, the objective is 1m0s")
	slowClock := Result{}
	slowClock.lost(-time.Second)
	assert.Zero(t, *slowClock.RPOSeconds)
}

func TestEveryStepHasAnObjective(t *testing.T) {
	t.Parallel()
	for _, step := range Steps {
		assert.Positive(t, Objectives[step].RTO, step)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 24, 10, 15, 0, 0, time.UTC)
	good := Result{Step: StepTenant, Passed: true, RTOSeconds: 12.34, Observations: []string{"two tables came back"}}
	good.lost(time.Hour)
	bad := Result{Step: StepSnapshot, Error: "first\nsecond"}
	report := Report{Environment: "dev", BeganAt: began, EndedAt: began.Add(time.Minute), Steps: []Result{good}}
	assert.True(t, report.Passed())
	assert.Contains(t, report.Markdown(), "# Recovery drill of dev, 2026-11-24: passed")

	report.Steps = append(report.Steps, bad)
	assert.False(t, report.Passed())
	text := report.Markdown()
	for _, want := range []string{
		"# Recovery drill of dev, 2026-11-24: FAILED\n", "| tenant | passed | 12s | 1h0m0s | 1h0m0s | none |\n",
		"| snapshot | FAILED | - | 4h0m0s | not known | 15m0s |\n", "- two tables came back\n", "- **failed**: first second\n",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "local cloud")
	report.Environment = "local"
	assert.Equal(t, 1, strings.Count(report.Markdown(), "On a local cloud"))
}
