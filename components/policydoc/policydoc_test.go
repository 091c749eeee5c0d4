package policydoc_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// resolve gives a document's text and whether it is secret.
func resolve(t *testing.T, document func() pulumi.StringOutput) (text string, secret bool) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	pulumitest.Run(t, func(ctx *pulumi.Context) error {
		outputs = pulumitest.Outputs(t, ctx, &struct{ Text pulumi.StringOutput }{document()})
		return nil
	})
	text, ok := outputs["Text"].Value.(string)
	require.True(t, ok)
	return text, outputs["Text"].Secret
}

func TestDocument(t *testing.T) {
	t.Parallel()
	text := func(list ...string) []pulumi.StringInput {
		inputs := make([]pulumi.StringInput, 0, len(list))
		for _, s := range list {
			inputs = append(inputs, pulumi.String(s))
		}
		return inputs
	}
	for name, c := range map[string]struct {
		statements []policydoc.Statement
		want       string // the list of statements
	}{
		"none": {nil, `[]`},
		"allows unless told otherwise, and says no more than it was told": {
			[]policydoc.Statement{{Actions: []string{"s3:GetObject"}, Resources: text("arn:bucket/*")}},
			`[{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:bucket/*"]}]`,
		},
		"everything but": {
			[]policydoc.Statement{{Effect: policydoc.Deny, NotActions: []string{"iam:Get*"}, Resources: text("*")}},
			`[{"Effect": "Deny", "NotAction": ["iam:Get*"], "Resource": ["*"]}]`,
		},
		"services and accounts together": {
			[]policydoc.Statement{{Sid: "Both", Services: []string{"a.amazonaws.com", "b.amazonaws.com"}, Accounts: text("arn:root"), Actions: []string{"kms:*"}}},
			`[{"Sid": "Both", "Effect": "Allow", "Principal": {"Service": ["a.amazonaws.com", "b.amazonaws.com"], "AWS": ["arn:root"]}, "Action": ["kms:*"]}]`,
		},
		"anyone is no account": {
			[]policydoc.Statement{{Effect: policydoc.Deny, Anyone: true, Actions: []string{"s3:*"}}},
			`[{"Effect": "Deny", "Principal": "*", "Action": ["s3:*"]}]`,
		},
		"conditions": {
			[]policydoc.Statement{{Actions: []string{"sns:Publish"}, Conditions: policydoc.Conditions{
				"StringEquals": {"aws:SourceAccount": text("1", "2")}, "Bool": {"aws:SecureTransport": text("true")},
			}}},
			`[{"Effect": "Allow", "Action": ["sns:Publish"], "Condition": {
				"StringEquals": {"aws:SourceAccount": ["1", "2"]}, "Bool": {"aws:SecureTransport": ["true"]}}}]`,
		},
		"statements keep their order": {
			[]policydoc.Statement{{Sid: "B", Actions: []string{"b"}}, {Sid: "A", Actions: []string{"a"}}},
			`[{"Sid": "B", "Effect": "Allow", "Action": ["b"]}, {"Sid": "A", "Effect": "Allow", "Action": ["a"]}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, secret := resolve(t, func() pulumi.StringOutput { return policydoc.Document(c.statements...) })
			require.JSONEq(t, `{"Version": "2012-10-17", "Statement": `+c.want+`}`, got)
			require.False(t, secret)
		})
	}
}

// AWS keeps the text: the same statements must not come out differently and show a change in every plan.
func TestDocumentIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	document := func() pulumi.StringOutput {
		return policydoc.Document(policydoc.Statement{Actions: []string{"sns:Publish"}, Conditions: policydoc.Conditions{
			"StringEquals": {"a": {pulumi.String("1")}, "b": {pulumi.String("2")}, "c": {pulumi.String("3")}},
			"ArnLike":      {"d": {pulumi.String("4")}}, "Bool": {"e": {pulumi.String("true")}},
		}})
	}
	first, _ := resolve(t, document)
	for range 20 {
		again, _ := resolve(t, document)
		require.Equal(t, first, again)
	}
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		conditions policydoc.Conditions
		want       string
	}{
		"any source": {nil, ``},
		"one account": {
			policydoc.Conditions{"StringEquals": {"aws:SourceAccount": {pulumi.String("1")}}},
			`, "Condition": {"StringEquals": {"aws:SourceAccount": ["1"]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := resolve(t, func() pulumi.StringOutput { return policydoc.AssumeRole(c.conditions, "ec2.amazonaws.com") })
			require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
				"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": ["sts:AssumeRole"]`+c.want+`}]}`, got)
		})
	}
}

func TestDocumentOfASecretIsSecret(t *testing.T) {
	t.Parallel()
	secret := pulumi.ToSecret(pulumi.String("arn:hidden")).(pulumi.StringOutput)
	for name, statement := range map[string]policydoc.Statement{
		"resource":  {Resources: []pulumi.StringInput{secret}},
		"account":   {Accounts: []pulumi.StringInput{secret}},
		"condition": {Conditions: policydoc.Conditions{"StringEquals": {"aws:SourceArn": {secret}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, isSecret := resolve(t, func() pulumi.StringOutput { return policydoc.Document(statement) })
			require.True(t, isSecret)
			require.Contains(t, got, "arn:hidden")
		})
	}
}
