package bootstrap

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/rightsdiff"
	"github.com/genericcorp/platform/internal/pricing/estimator"
)

// What a pull request changes in rights is read from each policy that the program makes.
func TestEveryPolicyIsCompared(t *testing.T) {
	t.Parallel()
	var resources []estimator.Resource
	for _, r := range planOf(t, "prod") {
		resources = append(resources, estimator.FromPropertyMap(r.URN, r.Type, r.Name, r.Inputs))
	}
	diff := rightsdiff.Compare(nil, resources)
	assert.Empty(t, diff.Unknown)
	told := map[string]bool{}
	for _, change := range diff.Changes {
		words := strings.Fields(change.Text)
		told[words[0]] = true
	}
	require.Subset(t, told, map[string]bool{"role": true, "bucket": true, "topic": true, "key": true, "function": true})
	assert.Equal(t, "Rights: no change", rightsdiff.Compare(resources, resources).Text())
}
