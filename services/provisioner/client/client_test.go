package client

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// answers is a function that answers the same to everybody.
type answers struct {
	output *lambda.InvokeOutput
	err    error
	asked  *lambda.InvokeInput
}

// Invoke implements Lambda.
func (a *answers) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	a.asked = in
	return a.output, a.err
}

func TestDo(t *testing.T) {
	t.Parallel()
	function := &answers{output: &lambda.InvokeOutput{Payload: []byte(`{"tenants":[{"slug":"acme"}]}`)}}
	c := &Client{Lambda: function, Function: "provisioner"}
	got, err := c.Do(t.Context(), api.Request{Action: api.ActionList})
	require.NoError(t, err)
	require.Equal(t, "acme", got.Tenants[0].Slug)
	require.Equal(t, "provisioner", *function.asked.FunctionName)
	require.JSONEq(t, `{"action":"list"}`, string(function.asked.Payload))

	function.output = &lambda.InvokeOutput{FunctionError: aws.String("Unhandled"), Payload: []byte(`{"errorMessage":"there is none","errorType":"NoSuchTenant"}`)}
	_, err = c.Do(t.Context(), api.Request{Action: api.ActionRecord})
	require.EqualError(t, err, "the provisioner could not record: there is none")
	require.Equal(t, api.CodeNoTenant, api.CodeOf(err))

	function.output = &lambda.InvokeOutput{FunctionError: aws.String("Unhandled"), Payload: []byte("it is gone")}
	_, err = c.Do(t.Context(), api.Request{Action: api.ActionList})
	require.ErrorContains(t, err, "it is gone")
	function.output = &lambda.InvokeOutput{Payload: []byte("{")}
	_, err = c.Do(t.Context(), api.Request{Action: api.ActionList})
	require.ErrorContains(t, err, "read the provisioner's response")
	function.err = errors.New("throttled")
	_, err = c.Do(t.Context(), api.Request{Action: api.ActionList})
	require.ErrorContains(t, err, "ask the provisioner provisioner to list: throttled")
}
