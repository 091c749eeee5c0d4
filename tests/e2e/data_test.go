package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestPostgreSQL logs in as an application would: with the address that RDS tells, the password that
// Secrets Manager keeps, and TLS.
func TestPostgreSQL(t *testing.T) {
	c := testcloud.Shared(t)
	instance := observe.Database(t, c)
	config := observe.Administrator(t, c)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	var user string
	var encrypted, superuser bool
	require.NoError(t, conn.QueryRow(t.Context(), `
		select current_user, (select ssl from pg_stat_ssl where pid = pg_backend_pid()), rolsuper
		from pg_roles where rolname = current_user`).Scan(&user, &encrypted, &superuser))
	assert.Equal(t, aws.ToString(instance.MasterUsername), user)
	assert.True(t, encrypted, "the connection is encrypted")
	assert.False(t, superuser, "as on RDS, the master user is not a superuser")

	config.Password = "wrong"
	_, err = pgx.ConnectConfig(t.Context(), config)
	require.Error(t, err, "a wrong password is refused")
}

// TestRedis speaks to the cache with the token that its secret keeps.
func TestRedis(t *testing.T) {
	c := testcloud.Shared(t)
	groups, err := elasticache.NewFromConfig(c.AWS()).DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	require.Len(t, groups.ReplicationGroups, 1)
	endpoint := groups.ReplicationGroups[0].NodeGroups[0].PrimaryEndpoint
	address := fmt.Sprintf("%s:%d", aws.ToString(endpoint.Address), aws.ToInt32(endpoint.Port))
	authority, err := os.ReadFile(c.Postgres.CAFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority))

	encrypted := []redis.DialOption{redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})}
	ping := func(options ...redis.DialOption) error {
		client, err := redis.DialContext(t.Context(), "tcp", address, append(options, encrypted...)...)
		if err != nil {
			return err
		}
		defer client.Close()
		_, err = client.Do("PING")
		return err
	}
	require.NoError(t, ping(redis.DialPassword(cacheToken(t, c))))
	require.ErrorContains(t, ping(), "NOAUTH", "nobody gets in without the token")
}

// cacheSecret finds the cache's secret among those that the environment made.
func cacheSecret(t *testing.T, c *testcloud.Cloud) (arn string) {
	t.Helper()
	list, err := secretsmanager.NewFromConfig(c.AWS()).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{
		Filters: []types.Filter{{Key: types.FilterNameStringTypeTagValue, Values: []string{"cache"}}}})
	require.NoError(t, err)
	require.Len(t, list.SecretList, 1, "secrets with the tag component=cache")
	return aws.ToString(list.SecretList[0].ARN)
}

func cacheToken(t *testing.T, c *testcloud.Cloud) string {
	t.Helper()
	token, found := observe.Secret(t, c, cacheSecret(t, c))["token"].(string)
	require.True(t, found, "the secret has a token")
	return token
}

// TestKubernetes asks the API server for the ground of the cluster.
func TestKubernetes(t *testing.T) {
	c := testcloud.Shared(t)
	client := observe.Kubernetes(t, c)
	namespaces, err := client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: "pod-security.kubernetes.io/enforce=restricted"})
	require.NoError(t, err)
	require.NotEmpty(t, namespaces.Items)
	for _, namespace := range namespaces.Items {
		policies, err := client.NetworkingV1().NetworkPolicies(namespace.Name).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		assert.NotEmpty(t, policies.Items, "network policies of %s", namespace.Name)
	}
	classes, err := client.StorageV1().StorageClasses().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.Len(t, classes.Items, 1)
	assert.Equal(t, "true", classes.Items[0].Parameters["encrypted"])

	// The server admits by its own rules: a privileged pod has no place in a restricted namespace.
	privileged := true
	_, err = client.CoreV1().Pods(namespaces.Items[0].Name).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "privileged"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "registry.example/none",
			SecurityContext: &corev1.SecurityContext{Privileged: &privileged}}}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	require.ErrorContains(t, err, "violates PodSecurity")
}
