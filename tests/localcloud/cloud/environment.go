package cloud

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/servers"
)

// environment is what the Pulumi engine needs beside its own environment.
func (r *run) environment() map[string]string {
	env := map[string]string{
		"PULUMI_HOME":              r.tools["pulumi-home"],
		"PULUMI_SKIP_UPDATE_CHECK": "true",
		// Every plugin is laid out already; a missing one is an error to see, not a download to wait for.
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
		"PATH": r.searchPath(),

		"AWS_ENDPOINT_URL":            r.endpoint.url(),
		"AWS_ACCESS_KEY_ID":           "local",
		"AWS_SECRET_ACCESS_KEY":       "local",
		"AWS_REGION":                  servers.Region,
		"AWS_DEFAULT_REGION":          servers.Region,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull, // a developer's profile must not reach the local cloud, nor be reached from it
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,

		"LOCALCLOUD_BRIDGE":                    r.tools["pulumi-terraform-bridge"],
		"LOCALCLOUD_TERRAFORM_PROVIDER_AWS":    r.tools["terraform-provider-aws"],
		"LOCALCLOUD_TERRAFORM_PROVIDER_RANDOM": r.tools["terraform-provider-random"],
		"LOCALCLOUD_NODE":                      r.tools["node"],
		"LOCALCLOUD_EKS_PROVIDER":              r.tools["eks"],
		"LOCALCLOUD_KUBERNETES_PROVIDER":       r.tools["kubernetes-provider"],
	}
	return env
}

// searchPath puts the cloud's programs before the user's.
func (r *run) searchPath() string {
	var folders []string
	for _, tool := range []string{"pulumi", "kubectl", "aws", "node"} {
		if folder := filepath.Dir(r.tools[tool]); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return strings.Join(append(folders, os.Getenv("PATH")), string(os.PathListSeparator))
}
