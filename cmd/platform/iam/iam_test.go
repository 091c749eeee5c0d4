package iam

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/rights"
	"github.com/genericcorp/platform/internal/iampolicy"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	const bucket = "arn:aws:s3:::b"
	for _, test := range []struct {
		args    []string
		want    rights.Question
		refused []string
	}{
		{args: []string{"r", "s3:ListBucket"}, want: rights.Question{Action: "s3:ListBucket", Resource: "*", Context: iampolicy.Context{}}},
		{
			args: []string{"r", "s3:ListBucket", bucket, "--context", "s3:prefix=a=b", "--context", "s3:prefix=c", "--context", "s3:delimiter="},
			want: rights.Question{Action: "s3:ListBucket", Resource: bucket, Context: iampolicy.Context{"s3:prefix": {"a=b", "c"}, "s3:delimiter": nil}},
		},
		{args: []string{"r"}, refused: []string{"explain: got 1 argument, expected a role, an action and perhaps a resource"}},
		{args: []string{"r", "s3:*", "b", "--context", "prefix", "--env=moon"}, refused: []string{
			`the action: got "s3:*"`, `the resource: got "b", expected an ARN, or *`, `--context: got "prefix"`, `--env: got "moon"`,
		}},
		{args: []string{"r", "list", bucket}, refused: []string{`the action: got "list", expected one, as s3:GetObject`}},
	} {
		var got *options
		cmd := newExplain(&cmdutil.Factory{Out: io.Discard, Err: io.Discard}, func(_ context.Context, o *options) error { got = o; return nil })
		cmd.SetArgs(test.args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetOut(io.Discard)
		err := cmd.ExecuteContext(t.Context())
		for _, refused := range test.refused {
			require.ErrorContains(t, err, refused)
		}
		if len(test.refused) == 0 {
			require.NoError(t, err)
			require.Equal(t, test.want, got.request)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	answer := rights.Answer{Role: "arn:aws:iam::1:role/a/r", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/o", Policies: []string{"policy p", "permissions boundary b"}}
	const asked = "\nasked were: policy p, permissions boundary b"
	answer.Why = "because no identity-based policy allows the s3:GetObject action"
	require.Equal(t, "r may not s3:GetObject on arn:aws:s3:::b/o, "+answer.Why+asked, text(answer))
	answer.Why, answer.By = "with an explicit deny in an identity-based policy", "statement S of policy p"
	require.Equal(t, "r may not s3:GetObject on arn:aws:s3:::b/o, with an explicit deny in an identity-based policy: statement S of policy p"+asked, text(answer))
	answer.Allowed = true
	require.Equal(t, "r may s3:GetObject on arn:aws:s3:::b/o: statement S of policy p allows it"+asked, text(answer))
	answer.Allowed, answer.Unknown = false, []string{"s3:prefix"}
	require.Contains(t, text(answer), "what does the call carry of s3:prefix? Say so by --context KEY=VALUE")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	bucket := func(action string) string {
		return `{"urn": "urn:pulumi:prod::platform::aws:s3/bucketPolicy:BucketPolicy::archives", "type": "aws:s3/bucketPolicy:BucketPolicy", "inputs": {
			"policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"1\"}, \"Action\": \"` + action + `\", \"Resource\": \"arn:x\"}]}"}}`
	}
	preview := write("preview.json", `{"steps": [{"op": "update", "oldState": `+bucket("s3:GetObject")+`, "newState": `+bucket("s3:PutObject")+`}]}`)
	state := write("state.json", `{"deployment": {"resources": [`+bucket("s3:ListBucket")+`]}}`)
	run := func(args ...string) (string, error) {
		var out strings.Builder
		cmd := newDiff(&cmdutil.Factory{Out: &out, Err: io.Discard}, nil)
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	out, err := run("--file", preview)
	require.NoError(t, err)
	require.Equal(t, "Rights: 1 more, 1 less\n- bucket archives no longer lets 1 s3:GetObject on arn:x\n+ bucket archives now lets 1 s3:PutObject on arn:x\n", out)
	out, err = run("--file", preview, "--against", state, "--json")
	require.NoError(t, err)
	require.JSONEq(t, `{"unknown": [], "changes": [
		{"more": false, "text": "bucket archives no longer lets 1 s3:ListBucket on arn:x", "wildcards": []},
		{"more": true, "text": "bucket archives now lets 1 s3:PutObject on arn:x", "wildcards": []}]}`, out)
	_, err = run()
	require.ErrorContains(t, err, "--file: got nothing, expected a preview")
	_, err = run("--file", filepath.Join(dir, "none.json"))
	require.ErrorContains(t, err, "read the document")
	_, err = run("--file", preview, "--against", write("other.json", "{}"))
	require.ErrorContains(t, err, "other.json: expected the output of")
}

func TestUnusedText(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	answer := unusedAnswer{Roles: []roleRights{{Role: "arn:aws:iam::1:role/bounded/r", Rights: []rights.Right{
		{By: "statement A of policy p", Action: "s3:GetObject", Use: rights.Used, Last: &last}, {By: "statement A of policy p", Action: "s3:PutObject", Use: rights.Unused},
		{By: "statement B of policy p", Action: "s3:Get*", Use: rights.Untold, Last: &last},
		{By: "statement C of AWS's policy q", Action: "s3:ListBucket", Use: rights.Unused, OfAWS: true},
	}}}}
	short := unusedText(answer, 90, false)
	require.Contains(t, short, "r: 4 rights, 1 used in the last 90 days, 2 not, and of 1 IAM does not tell; 1 are in policies of AWS")
	require.Regexp(t, `r +s3:PutObject +never +statement A of policy p`, short)
	require.NotContains(t, short, "s3:Get")
	require.NotContains(t, short, "s3:ListBucket", "nobody can take it out of the policy")
	require.Regexp(t, `s3:Get\* +not told; its service 2026-08-01`, unusedText(answer, 90, true))
}

func TestUnusedArguments(t *testing.T) {
	t.Parallel()
	for _, days := range []string{"0", "401"} {
		cmd := newUnused(&cmdutil.Factory{Out: io.Discard, Err: io.Discard}, nil)
		cmd.SetArgs([]string{"--days", days})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		require.ErrorContains(t, cmd.ExecuteContext(t.Context()), "--days: got "+days+", expected 1 to 400")
	}
}
