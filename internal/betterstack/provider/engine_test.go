package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/betterstacktest"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// deployment is a stack under the real engine, which starts this program as the provider. Better Stack and AWS Secrets Manager are stand-ins.
type deployment struct {
	auto.Stack
	server *betterstacktest.Server
	vault  *vault
	dir    string
}

// vault answers as AWS Secrets Manager does.
type vault struct{ value string }

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct{ SecretId string } //nolint:revive // AWS's name
	err := json.NewDecoder(r.Body).Decode(&asked)
	switch {
	case err != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || asked.SecretId != secretARN:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type": "InvalidRequestException"}`))
	case v.value == "":
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"__type": "ResourceNotFoundException", "Message": "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"}`))
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{"ARN": asked.SecretId, "SecretString": v.value})
	}
}

func deploy(t *testing.T, program pulumi.RunFunc) *deployment {
	t.Helper()
	pulumitest.FindEngine()
	pulumitest.RequireEngine(t)
	d := &deployment{server: betterstacktest.New(t), vault: &vault{value: `{"apiToken": "` + betterstacktest.Token + `"}`}, dir: t.TempDir()}
	secrets := httptest.NewServer(d.vault)
	t.Cleanup(secrets.Close)
	self, err := os.Executable()
	require.NoError(t, err)
	plugins := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(plugins, betterstack.Program)))
	d.Stack, err = auto.UpsertStackInlineSource(t.Context(), "prod", "platform", program,
		auto.Project(workspace.Project{
			Name: tokens.PackageName("platform"), Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: "file://" + d.dir},
		}),
		auto.PulumiHome(d.dir),
		auto.EnvVars(map[string]string{
			"PATH": plugins + string(os.PathListSeparator) + os.Getenv("PATH"), URLVariable: d.server.URL, "AWS_ENDPOINT_URL": secrets.URL,
			"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
			"PULUMI_CONFIG_PASSPHRASE": "test", "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
		}))
	require.NoError(t, err)
	return d
}

// up deploys, and gives all that was said.
func (d *deployment) up(t *testing.T) (string, error) {
	t.Helper()
	result, err := d.Up(t.Context())
	if err != nil {
		return err.Error(), err
	}
	return result.StdOut + result.StdErr, nil
}

// settle deploys, and checks that nothing is left to do then.
func (d *deployment) settle(t *testing.T) string {
	t.Helper()
	said, err := d.up(t)
	require.NoError(t, err)
	preview, err := d.Preview(t.Context())
	require.NoError(t, err)
	require.Empty(t, changes(preview.ChangeSummary), "%s", preview.StdOut)
	return said
}

func changes[K ~string](summary map[K]int) (changed []string) {
	for operation, number := range summary {
		if operation != "same" && number > 0 {
			changed = append(changed, fmt.Sprintf("%s %d", operation, number))
		}
	}
	slices.Sort(changed)
	return changed
}

// object is a resource of any kind.
type object struct{ pulumi.CustomResourceState }

// everything is one object of each kind. The provider is the program's own.
func everything(frequency *int, options ...pulumi.ResourceOption) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var own struct{ pulumi.ProviderResourceState }
		err := ctx.RegisterResource("pulumi:providers:"+betterstack.Package, "betterstack", pulumi.Map{betterstack.SecretInput: pulumi.String(secretARN)}, &own)
		if err != nil {
			return err
		}
		declare := func(token, name string, inputs pulumi.Map, more ...pulumi.ResourceOption) *object {
			made := &object{}
			if err == nil {
				err = ctx.RegisterResource(token, name, inputs, made, append(more, pulumi.Provider(&own))...)
			}
			return made
		}
		policy := declare(betterstack.Policy, "policy", pulumi.Map{"name": pulumi.String("prod platform"), "steps": pulumi.Array{pulumi.Map{
			"type": pulumi.String("escalation"), "waitBefore": pulumi.Int(0), "stepMembers": pulumi.Array{pulumi.Map{"type": pulumi.String("current_on_call")}},
		}}})
		monitor := declare(betterstack.Monitor, "edge", pulumi.Map{
			"url": pulumi.String("https://status.app.example.com/"), "monitorType": pulumi.String("expected_status_code"), "expectedStatusCodes": pulumi.IntArray{pulumi.Int(404)},
			"pronounceableName": pulumi.String("prod platform: edge"), "policyId": policy.ID(), "checkFrequency": pulumi.Int(*frequency), "sslExpiration": pulumi.Int(14),
		}, options...)
		page := declare(betterstack.StatusPage, "page", pulumi.Map{
			"companyName": pulumi.String("Generic Corp"), "companyUrl": pulumi.String("https://example.com"), "subdomain": pulumi.String("genericcorp"), "timezone": pulumi.String("UTC"),
		})
		section := declare(betterstack.StatusPageSection, "section", pulumi.Map{"statusPageId": page.ID(), "name": pulumi.String("Platform")})
		sectionID := section.ID().ApplyT(func(id pulumi.ID) string { return string(id)[strings.Index(string(id), "/")+1:] }).(pulumi.StringOutput)
		declare(betterstack.StatusPageResource, "on-page", pulumi.Map{
			"statusPageId": page.ID(), "statusPageSectionId": sectionID, "resourceId": monitor.ID(), "resourceType": pulumi.String("Monitor"), "publicName": pulumi.String("Edge"),
		})
		return err
	}
}

func TestLifeUnderTheEngine(t *testing.T) {
	t.Parallel()
	frequency := 60
	d := deploy(t, everything(&frequency))

	// A preview needs neither a token nor Better Stack.
	d.vault.value = ""
	preview, err := d.Preview(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"create 7"}, changes(preview.ChangeSummary), "five objects, the provider and the stack")
	require.Empty(t, d.server.Calls())

	// Without a token a deployment says what to do, and has made nothing.
	said, err := d.up(t)
	require.Error(t, err)
	require.Contains(t, said, "the secret "+secretARN+" has no value yet: write Better Stack's token into it and run the same again (docs/betterstack.md)")
	require.Empty(t, d.server.Calls())
	d.vault.value = `{"apiToken": "wrong-token"}`
	said, err = d.up(t)
	require.Error(t, err)
	require.Contains(t, said, "Better Stack refuses the token (401")
	require.NotContains(t, said, "wrong-token")

	// With one, the same again makes everything, once, although an answer is lost.
	d.vault.value = `{"apiToken": "` + betterstacktest.Token + `"}`
	d.server.Fail(betterstacktest.Fault{Method: "POST", After: true, Silent: true})
	d.settle(t)
	for path, want := range map[string]int{"/api/v2/monitors": 1, "/api/v3/policies": 1, "/api/v2/status-pages": 1} {
		require.Equal(t, want, d.server.Count(path), path)
	}

	// A change is made in place.
	frequency = 180
	d.settle(t)
	id := d.id(t, "edge")
	require.InDelta(t, 180, d.server.Attributes("/api/v2/monitors", id)["check_frequency"], 0)

	// What was changed outside is found, and set back; what was removed is made again, with what names it.
	d.server.Change("/api/v2/monitors", id, map[string]any{"check_frequency": 30.0})
	drift, err := d.PreviewRefresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"update 1"}, changes(drift.ChangeSummary))
	d.server.Remove("/api/v3/policies", d.id(t, "policy"))
	_, err = d.Refresh(t.Context())
	require.NoError(t, err)
	d.settle(t)
	attributes := d.server.Attributes("/api/v2/monitors", id)
	require.InDelta(t, 180, attributes["check_frequency"], 0)
	require.Equal(t, d.id(t, "policy"), attributes["policy_id"])

	_, err = d.Destroy(t.Context())
	require.NoError(t, err)
	for _, path := range []string{"/api/v2/monitors", "/api/v3/policies", "/api/v2/status-pages"} {
		require.Zero(t, d.server.Count(path), path)
	}
	d.requireNoToken(t)
}

// An engine that died after Better Stack had made the monitor, and before the state knew, leaves nothing to clean up.
func TestWhatTheStateDoesNotKnowIsTakenOver(t *testing.T) {
	t.Parallel()
	frequency := 60
	d := deploy(t, everything(&frequency))
	id := d.server.Put("/api/v2/monitors", map[string]any{"url": "https://status.app.example.com/", "pronounceable_name": "prod platform: edge"})
	said := d.settle(t)
	require.Contains(t, said, "warning: Better Stack had one with this pronounceable_name already, "+id+", which was taken over")
	require.Equal(t, 1, d.server.Count("/api/v2/monitors"))

	// Replaced on somebody's demand, the new one is made first: that is the old one, which must not go then.
	_, err := d.Up(t.Context(), optup.Replace([]string{d.urn(t, "edge")}))
	require.NoError(t, err)
	require.Equal(t, 1, d.server.Count("/api/v2/monitors"))
	require.Equal(t, id, d.id(t, "edge"))
	d.settle(t)
}

func TestImport(t *testing.T) {
	t.Parallel()
	frequency := 60
	var id string
	d := deploy(t, func(ctx *pulumi.Context) error { return everything(&frequency, pulumi.Import(pulumi.ID(id)))(ctx) })
	policy := d.server.Put("/api/v3/policies", map[string]any{"name": "prod platform", "steps": []any{
		map[string]any{"type": "escalation", "wait_before": 0.0, "urgency_id": nil, "step_members": []any{map[string]any{"type": "current_on_call"}}},
	}})
	id = d.server.Put("/api/v2/monitors", map[string]any{
		"url": "https://status.app.example.com/", "pronounceable_name": "prod platform: edge", "monitor_type": "expected_status_code",
		"expected_status_codes": []any{404.0}, "policy_id": policy, "check_frequency": 60.0, "ssl_expiration": 14.0,
	})
	d.settle(t)
	require.Equal(t, id, d.id(t, "edge"))
	require.Equal(t, 1, d.server.Count("/api/v2/monitors"))
}

// stateResource is a resource in the state.
type stateResource struct {
	URN resource.URN
	ID  string
}

// find is the resource of that name, which is no provider.
func (d *deployment) find(t *testing.T, name string) stateResource {
	t.Helper()
	exported, err := d.Export(t.Context())
	require.NoError(t, err)
	var state struct{ Resources []stateResource }
	require.NoError(t, json.Unmarshal(exported.Deployment, &state))
	i := slices.IndexFunc(state.Resources, func(r stateResource) bool {
		return r.URN.Name() == name && r.URN.Type().Package() == betterstack.Package
	})
	require.GreaterOrEqual(t, i, 0, name)
	return state.Resources[i]
}

func (d *deployment) id(t *testing.T, name string) string { return d.find(t, name).ID }

func (d *deployment) urn(t *testing.T, name string) string { return string(d.find(t, name).URN) }

// requireNoToken looks for the token in all that the engine has written.
func (d *deployment) requireNoToken(t *testing.T) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(d.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		require.False(t, bytes.Contains(text, []byte(betterstacktest.Token)), path)
		return err
	}))
}
