package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func itoa(n int) string { return strconv.Itoa(n) }

// checkNoSecretInClear reads every file that the engine wrote, and every log, for the passwords in use.
func (e *environment) checkNoSecretInClear(t *testing.T) {
	out, err := rds.NewFromConfig(e.aws()).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	require.Len(t, out.DBInstances, 1)
	master, _ := e.secret(t, aws.ToString(out.DBInstances[0].MasterUserSecret.SecretArn))["password"].(string)
	require.NotEmpty(t, master)
	secrets := map[string]string{"the database's master password": master, "the cache's token": e.cacheToken(t)}

	read := 0
	for _, folder := range []string{"backend", "workspace", "logs"} {
		err := filepath.WalkDir(filepath.Join(e.dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read++
			for name, secret := range secrets {
				assert.False(t, strings.Contains(string(raw), secret), "%s stands in clear in %s", name, path)
			}
			return nil
		})
		require.NoError(t, err)
	}
	assert.Greater(t, read, 5, "files read")
}

// checkNoNamespaceLeft waits for nothing: a destroy has waited for the namespaces already.
func (e *environment) checkNoNamespaceLeft(t *testing.T) {
	namespaces, err := e.kubernetes(t).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: "pod-security.kubernetes.io/enforce=restricted"})
	require.NoError(t, err)
	assert.Empty(t, namespaces.Items, "namespaces")
}
