package awsvalue_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/internal/awsvalue"
)

func TestVCPUs(t *testing.T) {
	for class, want := range map[string]int{
		"m7g.medium": 1, "t4g.medium": 2, "t4g.nano": 2, "m7g.large": 2, "m7g.xlarge": 4, "r8g.16xlarge": 64,
		"db.t4g.micro": 2, "db.m6gd.large": 2, "db.m7g.medium": 1, "db.r8g.48xlarge": 192,
		"": 0, "m7g": 0, "m7g.": 0, "m7g.0xlarge": 0, "m7g.-1xlarge": 0, "m7g.axlarge": 0, "m7g.99999999999999999999xlarge": 0,
	} {
		assert.Equal(t, want, awsvalue.VCPUs(class), class)
	}
}
