package rds

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/parameterfamily"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// emulatedGroups is an emulator that takes every group, and has an instance with the one named.
type emulatedGroups struct{ used string }

func (e *emulatedGroups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err == nil && in.Get("Action") == "DescribeDBInstances" {
		_, _ = io.WriteString(w, `<R><DBInstances><DBInstance><DBParameterGroups><DBParameterGroup><DBParameterGroupName>`+
			e.used+`</DBParameterGroupName></DBParameterGroup></DBParameterGroups></DBInstance></DBInstances></R>`)
		return
	}
	_, _ = io.WriteString(w, `<R><CreateDBParameterGroupResult/></R>`)
}

// group gives a client and the name of a parameter group of PostgreSQL 17.
func group(t *testing.T) (client *rds.Client, emulator *emulatedGroups, name *string) {
	t.Helper()
	emulator = &emulatedGroups{}
	client = rds.NewFromConfig(awsapitest.Config(t, New(Config{Account: awsapitest.Account}, emulator)), func(o *rds.Options) {
		o.RetryMaxAttempts = 3 // of hundreds of requests one may lose its connection, which AWS's clients take for normal
	})
	name = aws.String("g")
	_, err := client.CreateDBParameterGroup(t.Context(), &rds.CreateDBParameterGroupInput{
		DBParameterGroupName: name, DBParameterGroupFamily: aws.String("postgres17"), Description: aws.String("d"),
	})
	require.NoError(t, err)
	return client, emulator, name
}

func modify(t *testing.T, client *rds.Client, name, value string, method types.ApplyMethod) error {
	t.Helper()
	_, err := client.ModifyDBParameterGroup(t.Context(), &rds.ModifyDBParameterGroupInput{DBParameterGroupName: aws.String("g"), Parameters: []types.Parameter{
		{ParameterName: aws.String(name), ParameterValue: aws.String(value), ApplyMethod: method},
	}})
	return err
}

// shown gives value, source and method of a parameter of the group.
func shown(t *testing.T, client *rds.Client, name, source string) []string {
	t.Helper()
	in := &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String("g")}
	if source != "" {
		in.Source = aws.String(source)
	}
	out, err := client.DescribeDBParameters(t.Context(), in)
	require.NoError(t, err)
	for _, p := range out.Parameters {
		if aws.ToString(p.ParameterName) == name {
			return []string{aws.ToString(p.ParameterValue), aws.ToString(p.Source), string(p.ApplyMethod)}
		}
	}
	return nil
}

func TestParametersAreKeptAsOnRDS(t *testing.T) {
	t.Parallel()
	client, _, _ := group(t)
	const statement, ssl = "log_min_duration_statement", "rds.force_ssl"
	require.Equal(t, []string{"1", "system", "pending-reboot"}, shown(t, client, ssl, ""), "nobody has set it")

	require.NoError(t, modify(t, client, ssl, "1", types.ApplyMethodImmediate))
	require.Equal(t, []string{"1", "system", "pending-reboot"}, shown(t, client, ssl, ""), "the family's own value is not registered")
	require.Nil(t, shown(t, client, ssl, "user"))

	require.NoError(t, modify(t, client, statement, "1000", types.ApplyMethodImmediate))
	require.Equal(t, []string{"1000", "user", "immediate"}, shown(t, client, statement, "user"))
	require.NoError(t, modify(t, client, statement, "1000", types.ApplyMethodPendingReboot))
	require.Equal(t, []string{"1000", "user", "immediate"}, shown(t, client, statement, ""), "the method alone does not change")
	require.NoError(t, modify(t, client, statement, "-1", types.ApplyMethodPendingReboot))
	require.Equal(t, []string{"-1", "user", "pending-reboot"}, shown(t, client, statement, ""), "set once, it stays a user's")

	_, err := client.ResetDBParameterGroup(t.Context(), &rds.ResetDBParameterGroupInput{
		DBParameterGroupName: aws.String("g"), Parameters: []types.Parameter{{ParameterName: aws.String(statement)}},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"-1", "system", "pending-reboot"}, shown(t, client, statement, ""))
}

func TestParametersThatRDSRefuses(t *testing.T) {
	t.Parallel()
	client, _, name := group(t)
	require.ErrorContains(t, modify(t, client, "max_locks_per_transaction", "512", types.ApplyMethodImmediate),
		"InvalidParameterCombination: cannot use immediate apply method for static parameter max_locks_per_transaction")
	require.ErrorContains(t, modify(t, client, "no_such", "1", types.ApplyMethodImmediate), "Could not find parameter with name: no_such")
	many := make([]types.Parameter, 21)
	for i := range many {
		many[i] = types.Parameter{ParameterName: aws.String("log_statement"), ParameterValue: aws.String("ddl"), ApplyMethod: types.ApplyMethodImmediate}
	}
	_, err := client.ModifyDBParameterGroup(t.Context(), &rds.ModifyDBParameterGroupInput{DBParameterGroupName: name, Parameters: many})
	require.ErrorContains(t, err, "A maximum of 20 parameters")
	require.Equal(t, "system", shown(t, client, "log_statement", "")[1], "all or none")
}

func TestParameterGroupInUse(t *testing.T) {
	t.Parallel()
	client, emulator, name := group(t)
	emulator.used = "g"
	_, err := client.DeleteDBParameterGroup(t.Context(), &rds.DeleteDBParameterGroupInput{DBParameterGroupName: name})
	require.ErrorContains(t, err, "InvalidDBParameterGroupState")
	emulator.used = "default.postgres17"
	_, err = client.DeleteDBParameterGroup(t.Context(), &rds.DeleteDBParameterGroupInput{DBParameterGroupName: name})
	require.NoError(t, err)
}

// What this platform sets, RDS keeps: a second deployment finds nothing to change. ApplyMethod is what the components use.
func TestEveryParameterSettles(t *testing.T) {
	client, _, _ := group(t)
	for name, parameter := range parameterfamily.Of("postgres17") {
		for _, value := range []string{parameter.Default, "7"} {
			method := parameter.ApplyMethod(value)
			require.NoError(t, modify(t, client, name, value, types.ApplyMethod(method)), name)
			now := shown(t, client, name, "")
			require.Equal(t, []string{value, method}, []string{now[0], now[2]}, name)
		}
	}
}
