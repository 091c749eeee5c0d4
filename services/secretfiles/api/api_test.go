package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/secretfiles/api"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	got, err := api.Parse([]string{api.Argument("a.json", "arn:aws:a=b"), api.Argument("b", "arn:aws:b"), api.FamilyArgument("t-*.json", "platform/dev/tenants/")})
	require.NoError(t, err)
	require.Equal(t, api.Wanted{
		ARNs: map[string]string{"a.json": "arn:aws:a=b", "b": "arn:aws:b"}, Prefixes: map[string]string{"t-*.json": "platform/dev/tenants/"},
	}, got)
	for name, arguments := range map[string][]string{
		"none": nil, "no file": {"=arn:a"}, "no secret": {"a"}, "no ARN": {"a=b"}, "elsewhere": {"../a=arn:a"}, "hidden": {".a=arn:a"}, "twice": {"a=arn:a", "a=arn:b"},
		"a family of all": {"a-*=/*"}, "a family in one file": {"a=b/*"}, "one in many files": {"a-*=arn:a"}, "a family without a beginning": {"*.json=b/*"}, "a family twice": {"a-*=b/*", "a-*=c/*"},
	} {
		_, err := api.Parse(arguments)
		require.ErrorContains(t, err, "expected <file>=<ARN of a secret>", name)
	}
}
