package betterstack_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	component "github.com/genericcorp/platform/components/betterstack"
	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/provider"
	"github.com/genericcorp/platform/internal/pulumitest"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

func args(change func(*component.BetterStackArgs)) *component.BetterStackArgs {
	a := &component.BetterStackArgs{
		Environment: "prod", Objects: true, Responders: 2, Domain: "genericcorp.example", Company: "Generic Corp", CompanyURL: "https://genericcorp.example",
		Subdomain: "genericcorp", SecretsKeyARN: pulumi.String("arn:secrets-key"), WebhookURL: pulumi.String("https://abc.execute-api.us-east-1.amazonaws.com/webhook"),
		Probes: []component.Probe{{Name: "Pro tier", Tenant: "probe-pro", Path: "/healthz"}},
	}
	if change != nil {
		change(a)
	}
	return a
}

func deploy(t *testing.T, change func(*component.BetterStackArgs)) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := component.NewBetterStack(ctx, "betterstack", args(change))
		return err
	})
}

// monitors are those of a plan, by the end of their names.
func monitors(r *pulumitest.Recorder) map[string]pulumitest.Resource {
	found := map[string]pulumitest.Resource{}
	for _, m := range r.OfType(betterstack.Monitor) {
		found[strings.TrimPrefix(m.Name, "betterstack-")] = m
	}
	return found
}

func TestMonitors(t *testing.T) {
	t.Parallel()
	found := monitors(deploy(t, nil))
	require.Len(t, found, 3)
	edge, probe, webhook := found["edge"], found["probe-pro-tier"], found["webhook"]
	require.Equal(t, "https://status.app.genericcorp.example/", edge.Value(t, "url"))
	require.Error(t, slug.Check("status"), "the edge must not know it")
	require.Equal(t, []any{404.0}, edge.Value(t, "expectedStatusCodes"))
	require.Equal(t, "https://probe-pro.app.genericcorp.example/healthz", probe.Value(t, "url"))
	require.Equal(t, "status", probe.Value(t, "monitorType"))
	require.False(t, probe.Has("expectedStatusCodes"), "2XX")
	require.Equal(t, "https://abc.execute-api.us-east-1.amazonaws.com/webhook", webhook.Value(t, "url"))
	require.Equal(t, []any{404.0}, webhook.Value(t, "expectedStatusCodes"))
	for name, mark := range map[string]string{"edge": "platform prod: edge", "probe-pro-tier": "platform prod: Pro tier", "webhook": "platform prod: events of Stripe"} {
		m := found[name]
		require.Equal(t, mark, m.Value(t, "pronounceableName"))
		require.Equal(t, true, m.Value(t, "verifySsl"))
		require.Equal(t, false, m.Value(t, "followRedirects"))
		require.InDelta(t, 30, m.Value(t, "checkFrequency"), 0)
		require.NotEmpty(t, m.Value(t, "policyId"))
		require.Equal(t, name != "webhook", m.Has("sslExpiration"), "AWS's certificate and domain are no business of ours")
	}
	require.InDelta(t, 14, edge.Value(t, "sslExpiration"), 0)
	require.InDelta(t, 30, edge.Value(t, "domainExpiration"), 0)
	require.Len(t, monitors(deploy(t, func(a *component.BetterStackArgs) { a.WebhookURL = nil })), 2)
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	policy := deploy(t, nil).One(t, betterstack.Policy, "betterstack-policy")
	require.Equal(t, "platform prod: escalation", policy.Value(t, "name"))
	require.Equal(t, []any{
		map[string]any{"type": "escalation", "waitBefore": 0.0, "stepMembers": []any{map[string]any{"type": "current_on_call"}}},
		map[string]any{"type": "escalation", "waitBefore": 600.0, "stepMembers": []any{map[string]any{"type": "entire_team"}}},
	}, policy.Value(t, "steps"))
	require.InDelta(t, 3, policy.Value(t, "repeatCount"), 0)
	require.InDelta(t, 1800, policy.Value(t, "repeatDelay"), 0)
}

// The free plan calls nobody, looks less often, and costs nothing.
func TestFreePlan(t *testing.T) {
	t.Parallel()
	r := deploy(t, func(a *component.BetterStackArgs) { a.Responders = 0 })
	require.Empty(t, r.OfType(betterstack.Policy))
	for name, m := range monitors(r) {
		require.False(t, m.Has("policyId"), name)
		require.InDelta(t, 180, m.Value(t, "checkFrequency"), 0, name)
	}
	require.InDelta(t, 0, r.One(t, "genericcorp:betterstack:BetterStack", "betterstack").Value(t, "responders"), 0)
	require.InDelta(t, 2, deploy(t, nil).One(t, "genericcorp:betterstack:BetterStack", "betterstack").Value(t, "responders"), 0)
}

// Everybody sees the page: no tenant's name is on it, and no address.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	var url any
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		made, err := component.NewBetterStack(ctx, "betterstack", args(nil))
		if err != nil {
			return err
		}
		url = pulumitest.Outputs(t, ctx, made)["StatusPageURL"].Value
		return nil
	})
	require.Equal(t, "https://genericcorp.betteruptime.com", url)
	page := r.One(t, betterstack.StatusPage, "betterstack-page")
	require.Equal(t, "genericcorp", page.Value(t, "subdomain"))
	require.Equal(t, "Generic Corp", page.Value(t, "companyName"))
	require.Equal(t, "https://genericcorp.example", page.Value(t, "companyUrl"))
	shown := r.OfType(betterstack.StatusPageResource)
	require.Len(t, shown, 2, "the webhook is no customer's business")
	var names []any
	for _, one := range shown {
		names = append(names, one.Value(t, "publicName"))
		require.False(t, one.Has("explanation"))
	}
	require.ElementsMatch(t, []any{"Web and API access", "Pro tier"}, names)
}

// Without objects there is the secret alone, which nobody but a person writes.
func TestPrepared(t *testing.T) {
	t.Parallel()
	r := deploy(t, func(a *component.BetterStackArgs) {
		*a = component.BetterStackArgs{Environment: "prod", SecretsKeyARN: a.SecretsKeyARN, Responders: 3}
	})
	require.Len(t, r.All(), 2)
	secret := r.One(t, "aws:secretsmanager/secret:Secret", "betterstack-secret")
	require.Equal(t, "arn:secrets-key", secret.Value(t, "kmsKeyId"))
	require.InDelta(t, 30, secret.Value(t, "recoveryWindowInDays"), 0)
	require.Equal(t, "on-demand", secret.Value(t, "tags.rotation"))
	require.InDelta(t, 0, r.One(t, "genericcorp:betterstack:BetterStack", "betterstack").Value(t, "responders"), 0, "nobody is paid for yet")
	gone := deploy(t, func(a *component.BetterStackArgs) { a.DeletionProtection = new(false) })
	require.InDelta(t, 0, gone.One(t, "aws:secretsmanager/secret:Secret", "betterstack-secret").Value(t, "recoveryWindowInDays"), 0)
}

// The provider takes what the component gives it, which no compiler checks.
func TestProviderTakesAll(t *testing.T) {
	t.Parallel()
	own := provider.New(betterstack.URL, nil)
	kinds := map[string]bool{}
	for _, r := range deploy(t, nil).All() {
		if k := betterstack.Find(r.Type); k != nil {
			kinds[r.Type] = true
			inputs := r.Inputs.Copy()
			for _, name := range []resource.PropertyKey{"statusPageId", "statusPageSectionId", "resourceId"} {
				if _, ok := inputs[name]; ok {
					inputs[name] = resource.MakeComputed(resource.NewProperty("")) // the recorder's IDs have letters
				}
			}
			response, err := own.Check(t.Context(), plugin.CheckRequest{Type: tokens.Type(r.Type), News: inputs})
			require.NoError(t, err)
			require.Empty(t, response.Failures, r.Name)
		}
	}
	require.Len(t, kinds, 5)
	configuration := deploy(t, nil).One(t, "pulumi:providers:betterstack", "betterstack")
	require.Contains(t, configuration.Value(t, betterstack.SecretInput), "betterstack-secret")
}

// Every mistake is named, at once.
func TestMistakes(t *testing.T) {
	t.Parallel()
	_, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := component.NewBetterStack(ctx, "betterstack", &component.BetterStackArgs{
			Objects: true, Responders: 21, Domain: "example", CompanyURL: "http://example.com", Subdomain: "a.b",
			Probes: []component.Probe{{Name: "Web & API (access)", Tenant: "Acme", Path: "healthz"}, {Name: "Pro", Tenant: "acme"}, {Name: "pro.", Tenant: "birch"}},
		})
		return err
	})
	require.Error(t, err)
	for _, want := range []string{
		`environment: got ""`, "secretsKeyArn: got <nil>", `domain: got "example"`, "responders: got 21, expected 0 to 20", `company: got ""`,
		`companyUrl: got "http://example.com"`, `subdomain: got "a.b"`, `probes[0].tenant: got "Acme"`,
		`probes[0].path: got "healthz"`, `probes[2].name: got "pro.", expected a name that nothing else on the page has, signs aside`,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := component.NewBetterStack(ctx, "betterstack", args(func(a *component.BetterStackArgs) {
			a.Probes = make([]component.Probe, 9)
		}))
		return err
	})
	require.ErrorContains(t, err, "probes: got 9 probes, expected up to 8 different ones")
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := component.NewBetterStack(ctx, "betterstack", nil)
		return err
	})
	require.ErrorContains(t, err, `betterstack "betterstack": environment: got ""`)
}
