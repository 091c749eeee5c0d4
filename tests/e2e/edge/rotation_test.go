package edge

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrets "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// follows is how long a secret's file may take to have the new value, and its program to read it.
const follows = 90 * time.Second

// otherPassword is the version of the password that gatePassword makes.
const otherPassword = 2

// gatePassword exchanges the password of gate's role under load: nobody notices, and gate logs in with the new one.
func gatePassword(t *testing.T, e environment) {
	old := e.gateLogin(t)
	require.True(t, e.logsIn(t, old))
	l := startLoad(t, e.get)
	e.Platform(t, nil, "up", "--workloads", "--settings", e.withPassword(t, otherPassword))
	login := e.gateLogin(t)
	assert.NotEqual(t, old, login)
	assert.False(t, e.logsIn(t, old), "with the old password")
	assert.True(t, e.logsIn(t, login), "with the new one")
	time.Sleep(follows)
	assert.Positive(t, e.endSessions(t, api.EdgeRole))
	time.Sleep(45 * time.Second) // longer than what gate knows is good for
	l.nothingLost(t)
}

// cacheToken exchanges the cache's token as the runbook does: the cache takes both, and then the new one alone.
func cacheToken(t *testing.T, e environment) {
	old := e.cacheLogin(t)
	l := startLoad(t, e.get)
	urns, err := e.Pulumi(t, "stack", "--show-urns")
	require.NoError(t, err)
	urn := regexp.MustCompile(`urn:\S*RandomPassword::cache-token`).FindString(urns)
	require.NotEmpty(t, urn)
	out, err := e.Pulumi(t, "state", "taint", urn, "--yes")
	require.NoError(t, err, out)
	e.Platform(t, nil, "up", "--settings", e.withPassword(t, otherPassword)) // what runs in the cluster as well
	login := e.cacheLogin(t)
	require.NotEqual(t, old["token"], login["token"])
	time.Sleep(follows)
	client := elasticache.NewFromConfig(e.AWS())
	groups, err := client.DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.ReplicationGroups, 1)
	_, err = client.ModifyReplicationGroup(t.Context(), &elasticache.ModifyReplicationGroupInput{
		ReplicationGroupId: groups.ReplicationGroups[0].ReplicationGroupId, AuthToken: aws.String(fmt.Sprint(login["token"])),
		AuthTokenUpdateStrategy: types.AuthTokenUpdateStrategyTypeSet, ApplyImmediately: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Error(t, e.cache(t, old).Ping(t.Context()).Err(), "the old token")
	e.kubectl(t, "rollout", "restart", "deployment/"+counting, "--namespace", system) // so that all connections are new
	e.rollout(t, counting)
	time.Sleep(5 * time.Second)
	l.nothingLost(t)
}

// gateLogin is the password file of gate's role, as its secret has it.
func (e environment) gateLogin(t testing.TB) string {
	t.Helper()
	client := secretsmanager.NewFromConfig(e.AWS())
	list, err := client.ListSecrets(testcloud.Context(t), &secretsmanager.ListSecretsInput{
		Filters: []secrets.Filter{{Key: secrets.FilterNameStringTypeName, Values: []string{api.ServiceSecretName("local", api.EdgeRole)}}},
	})
	require.NoError(t, err)
	require.Len(t, list.SecretList, 1)
	out, err := client.GetSecretValue(testcloud.Context(t), &secretsmanager.GetSecretValueInput{SecretId: list.SecretList[0].ARN})
	require.NoError(t, err)
	return aws.ToString(out.SecretString)
}

// logsIn tells whether gate's role does, with a password file.
func (e environment) logsIn(t testing.TB, file string) bool {
	t.Helper()
	fields := strings.SplitN(strings.TrimSpace(file), ":", 5)
	require.Len(t, fields, 5)
	config := observe.Administrator(t, e.Cloud)
	config.User, config.Password = fields[3], fields[4]
	connection, err := pgx.ConnectConfig(testcloud.Context(t), config)
	if err != nil {
		require.ErrorContains(t, err, "SQLSTATE 28")
		return false
	}
	require.NoError(t, connection.Close(testcloud.Context(t)))
	return true
}

// endSessions ends a role's sessions, and gives how many there were.
func (e environment) endSessions(t testing.TB, role string) (ended int) {
	t.Helper()
	connection, err := pgx.ConnectConfig(testcloud.Context(t), observe.Administrator(t, e.Cloud))
	require.NoError(t, err)
	defer func() { _ = connection.Close(testcloud.Context(t)) }()
	require.NoError(t, connection.QueryRow(testcloud.Context(t),
		"SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1", role).Scan(&ended))
	return ended
}

// cacheLogin is the cache's secret.
func (e environment) cacheLogin(t testing.TB) map[string]any {
	t.Helper()
	var outputs struct {
		ARN string `json:"cacheAuthSecretArn"`
	}
	e.Platform(t, &outputs, "outputs")
	return observe.Secret(t, e.Cloud, outputs.ARN)
}

func (e environment) cache(t testing.TB, login map[string]any) *redis.Client {
	t.Helper()
	authority, err := os.ReadFile(e.Postgres.CAFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority))
	c := redis.NewClient(&redis.Options{
		Addr: fmt.Sprintf("%v:%v", login["host"], login["port"]), Password: fmt.Sprint(login["token"]), DisableIdentity: true,
		TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxRetries: -1,
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// counted is how many requests of a tenant's the cache has counted today (of UTC).
func (e environment) counted(t testing.TB, tenant string) int {
	t.Helper()
	c := e.cache(t, e.cacheLogin(t))
	keys, err := c.Keys(t.Context(), strings.Join([]string{edge.CountDomain, edge.CountTenant, tenant, edge.CountWindow, edge.WindowDay}, "_")+"_*").Result()
	require.NoError(t, err)
	total := 0
	for _, key := range keys {
		text, err := c.Get(t.Context(), key).Result()
		require.NoError(t, err)
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		total += n
	}
	return total
}

// cachePID is the cache's process.
func (e environment) cachePID(t testing.TB) int {
	t.Helper()
	for _, p := range e.Processes {
		if p.Name == "redis" {
			return p.PID
		}
	}
	require.Fail(t, "no process of the cache")
	return 0
}
