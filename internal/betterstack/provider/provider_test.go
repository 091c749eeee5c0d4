package provider

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/betterstacktest"
)

const secretARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:betterstack-AbCdEf"

// connect gives a provider that is configured, and what it notes.
func connect(t *testing.T, server *betterstacktest.Server, token string) (*Provider, *strings.Builder) {
	t.Helper()
	var notes strings.Builder
	p := New(server.URL, func(_ context.Context, arn string) (string, error) {
		require.Equal(t, secretARN, arn)
		return token, nil
	})
	p.client.Impatient(time.Millisecond, 10*time.Second)
	p.note = func(_ context.Context, urn resource.URN, message string) {
		notes.WriteString(urn.Name() + ": " + message)
	}
	_, err := p.Configure(t.Context(), plugin.ConfigureRequest{Inputs: properties(map[string]any{betterstack.SecretInput: secretARN})})
	require.NoError(t, err)
	return p, &notes
}

func properties(values map[string]any) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(values)
}

func edge() resource.PropertyMap {
	return properties(map[string]any{
		"url": "https://status.app.example.com/", "monitorType": "expected_status_code", "pronounceableName": "prod platform: edge",
		"expectedStatusCodes": []any{404.0}, "regions": []any{"us", "eu"}, "sslExpiration": 14.0, "checkFrequency": 60.0,
	})
}

func steps() resource.PropertyMap {
	return properties(map[string]any{"name": "prod platform", "repeatCount": 3.0, "steps": []any{
		map[string]any{"type": "escalation", "waitBefore": 0.0, "stepMembers": []any{map[string]any{"type": "current_on_call"}}},
		map[string]any{"type": "escalation", "waitBefore": 600.0, "stepMembers": []any{map[string]any{"type": "entire_team"}}},
	}})
}

func checked(t *testing.T, token tokens.Type, inputs resource.PropertyMap) (resource.PropertyMap, []string) {
	t.Helper()
	response, err := (&Provider{}).Check(t.Context(), plugin.CheckRequest{Type: token, News: inputs})
	require.NoError(t, err)
	var reasons []string
	for _, f := range response.Failures {
		reasons = append(reasons, f.Reason)
	}
	return response.Properties, reasons
}

func TestCheckFindsAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		token  tokens.Type
		inputs map[string]any
		want   []string
	}{
		{"nothing at all", betterstack.Policy, nil, []string{"name: got nothing, expected a text", "steps: got nothing, expected a list of objects"}},
		{"values of every type", betterstack.Monitor, map[string]any{
			"url": "", "monitorType": "smoke", "pronounceableName": 3.0, "expectedStatusCodes": []any{"404"}, "checkFrequency": 29.0, "requestTimeout": 4.0,
			"recoveryPeriod": 1.5, "regions": []any{"moon"}, "paused": "yes", "statusPageId": "1", "policyID": "2",
		}, []string{
			"policyID: got an input that there is none of",
			"statusPageId: got an input that there is none of",
			`url: got "", expected a text`,
			`monitorType: got "smoke", expected status, expected_status_code, keyword, keyword_absence, ping, tcp, udp, smtp, pop, imap, dns or playwright`,
			"pronounceableName: got 3, expected a text",
			`expectedStatusCodes: got ["404"], expected a list of whole numbers`,
			"checkFrequency: got 29, expected a whole number from 30",
			"requestTimeout: got 4, expected 2, 3, 5, 10, 15, 30, 45 or 60",
			"recoveryPeriod: got 1.5, expected a whole number from 0",
			`regions: got ["moon"], expected a list of us, eu, as, au`,
			`paused: got "yes", expected true or false`,
		}},
		{"what stands on a page", betterstack.StatusPageResource, map[string]any{"resourceId": "edge", "resourceType": "Heartbeat", "publicName": "Edge"}, []string{
			"statusPageId: got nothing, expected an ID, which has digits alone",
			`resourceId: got "edge", expected an ID, which has digits alone`,
			`resourceType: got "Heartbeat", expected Monitor`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, reasons := checked(t, test.token, properties(test.inputs))
			require.Equal(t, test.want, reasons)
		})
	}
	_, err := (&Provider{}).Check(t.Context(), plugin.CheckRequest{Type: "betterstack:index/page:Page"})
	require.EqualError(t, err, `type "betterstack:index/page:Page": Better Stack's provider has no such type`)
}

func TestCheckTakesWhatIsKnownLater(t *testing.T) {
	t.Parallel()
	inputs := properties(map[string]any{"statusPageId": "1", "resourceType": "Monitor", "publicName": "Edge"})
	inputs["resourceId"] = resource.MakeComputed(resource.NewProperty(""))
	_, reasons := checked(t, betterstack.StatusPageResource, inputs)
	require.Empty(t, reasons)
}

func TestCheckConfig(t *testing.T) {
	t.Parallel()
	response, err := (&Provider{}).CheckConfig(t.Context(), plugin.CheckConfigRequest{News: properties(map[string]any{betterstack.SecretInput: "token"})})
	require.NoError(t, err)
	require.Equal(t, `tokenSecretArn: got "token", expected the ARN of a secret in AWS Secrets Manager`, response.Failures[0].Reason)
	response, err = (&Provider{}).CheckConfig(t.Context(), plugin.CheckConfigRequest{News: properties(map[string]any{"apiToken": "s3cret"})})
	require.NoError(t, err)
	require.Len(t, response.Failures, 2)
	require.NotContains(t, response.Failures[0].Reason+response.Failures[1].Reason, "s3cret")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	onPage := func(page, name string) resource.PropertyMap {
		return properties(map[string]any{"statusPageId": page, "name": name})
	}
	unknownPage := onPage("1", "Platform")
	unknownPage["statusPageId"] = resource.MakeComputed(resource.NewProperty(""))
	turned := edge()
	turned["regions"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty("eu"), resource.NewProperty("us")})
	slower := edge()
	slower["checkFrequency"] = resource.NewProperty(180.0)
	for _, test := range []struct {
		name     string
		token    tokens.Type
		old, new resource.PropertyMap
		changed  []resource.PropertyKey
		replaced []resource.PropertyKey
	}{
		{"nothing", betterstack.Monitor, edge(), edge(), nil, nil},
		{"regions in another order", betterstack.Monitor, edge(), turned, nil, nil},
		{"a value", betterstack.Monitor, edge(), slower, []resource.PropertyKey{"checkFrequency"}, nil},
		{"another name", betterstack.StatusPageSection, onPage("1", "Platform"), onPage("1", "Parts"), []resource.PropertyKey{"name"}, nil},
		{"another page", betterstack.StatusPageSection, onPage("1", "Platform"), onPage("2", "Platform"), []resource.PropertyKey{"statusPageId"}, []resource.PropertyKey{"statusPageId"}},
		{"a page to be made", betterstack.StatusPageSection, onPage("1", "Platform"), unknownPage, []resource.PropertyKey{"statusPageId"}, []resource.PropertyKey{"statusPageId"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before, _ := checked(t, test.token, test.old)
			after, _ := checked(t, test.token, test.new)
			diff, err := (&Provider{}).Diff(t.Context(), plugin.DiffRequest{Type: test.token, OldInputs: before, NewInputs: after})
			require.NoError(t, err)
			require.Equal(t, test.changed, diff.ChangedKeys)
			require.Equal(t, test.replaced, diff.ReplaceKeys)
			require.Equal(t, len(test.changed) > 0, diff.Changes == plugin.DiffSome)
			require.True(t, diff.DeleteBeforeReplace)
		})
	}
}

// What the API adds is not ours: it is in no state, so that it is no difference.
func TestLife(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	p, notes := connect(t, server, betterstacktest.Token)
	inputs, _ := checked(t, betterstack.Policy, steps())
	preview, err := p.Create(t.Context(), plugin.CreateRequest{Type: betterstack.Policy, Properties: inputs, Preview: true})
	require.NoError(t, err)
	require.Equal(t, inputs, preview.Properties)
	require.Empty(t, server.Calls())

	made, err := p.Create(t.Context(), plugin.CreateRequest{Type: betterstack.Policy, Properties: inputs})
	require.NoError(t, err)
	require.Equal(t, inputs, made.Properties)
	policy := string(made.ID)
	require.Equal(t, []any{
		map[string]any{"type": "escalation", "wait_before": 0.0, "step_members": []any{map[string]any{"type": "current_on_call"}}},
		map[string]any{"type": "escalation", "wait_before": 600.0, "step_members": []any{map[string]any{"type": "entire_team"}}},
	}, server.Attributes(betterstacktest.Path(betterstack.Policy, ""), policy)["steps"])

	inputs = edge()
	inputs["policyId"] = resource.NewProperty(policy)
	inputs, _ = checked(t, betterstack.Monitor, inputs)
	made, err = p.Create(t.Context(), plugin.CreateRequest{Type: betterstack.Monitor, Properties: inputs})
	require.NoError(t, err)
	require.Equal(t, inputs, made.Properties)
	require.Equal(t, policy, server.Attributes("/api/v2/monitors", string(made.ID))["policy_id"], "the API has it as a text")

	slower := inputs.Copy()
	slower["checkFrequency"] = resource.NewProperty(180.0)
	request := plugin.UpdateRequest{Type: betterstack.Monitor, ID: made.ID, OldInputs: inputs, NewInputs: slower, Preview: true}
	_, err = p.Update(t.Context(), request)
	require.NoError(t, err)
	require.InDelta(t, 60, server.Attributes("/api/v2/monitors", string(made.ID))["check_frequency"], 0)
	request.Preview = false
	server.Change("/api/v2/monitors", string(made.ID), map[string]any{"url": "https://elsewhere.example"})
	updated, err := p.Update(t.Context(), request)
	require.NoError(t, err)
	require.InDelta(t, 180, server.Attributes("/api/v2/monitors", string(made.ID))["check_frequency"], 0)
	require.Equal(t, "https://elsewhere.example", updated.Properties["url"].StringValue(), "only what differs is sent")

	read, err := p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.Monitor, ID: made.ID, Inputs: slower, State: slower})
	require.NoError(t, err)
	require.Equal(t, "https://elsewhere.example", read.Inputs["url"].StringValue(), "drift is in the inputs, so that the next deployment sets it back")
	require.Len(t, read.Inputs, len(slower))

	_, err = p.Delete(t.Context(), plugin.DeleteRequest{Type: betterstack.Monitor, ID: made.ID})
	require.NoError(t, err)
	require.Zero(t, server.Count("/api/v2/monitors"))
	_, err = p.Delete(t.Context(), plugin.DeleteRequest{Type: betterstack.Monitor, ID: made.ID})
	require.NoError(t, err, "it is gone already")
	read, err = p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.Monitor, ID: made.ID, Inputs: slower, State: slower})
	require.NoError(t, err)
	require.Empty(t, read.ID, "gone")
	require.Empty(t, notes.String())
}

func TestWhatStandsOnAPage(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	p, _ := connect(t, server, betterstacktest.Token)
	page := server.Put("/api/v2/status-pages", map[string]any{"subdomain": "genericcorp"})
	monitor := server.Put("/api/v2/monitors", nil)
	made, err := p.Create(t.Context(), plugin.CreateRequest{Type: betterstack.StatusPageSection, Properties: properties(map[string]any{"statusPageId": page, "name": "Platform"})})
	require.NoError(t, err)
	_, section, err := split(betterstack.Find(betterstack.StatusPageSection), made.ID)
	require.NoError(t, err)
	inputs := properties(map[string]any{"statusPageId": page, "statusPageSectionId": section, "resourceId": monitor, "resourceType": "Monitor", "publicName": "Edge"})
	made, err = p.Create(t.Context(), plugin.CreateRequest{Type: betterstack.StatusPageResource, Properties: inputs})
	require.NoError(t, err)
	require.Equal(t, inputs, made.Properties, "IDs are numbers there and texts here")

	imported, err := p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.StatusPageResource, ID: made.ID})
	require.NoError(t, err)
	require.Equal(t, inputs, imported.Inputs)
	_, err = p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.StatusPageResource, ID: "345"})
	require.EqualError(t, err, `ID "345": expected the status page's and its own, such as 12/345`)
	server.Remove("/api/v2/status-pages", page)
	gone, err := p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.StatusPageResource, ID: made.ID})
	require.NoError(t, err)
	require.Empty(t, gone.ID)
}

func TestTakingOverIsTold(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	p, notes := connect(t, server, betterstacktest.Token)
	id := server.Put("/api/v2/monitors", map[string]any{"pronounceable_name": "prod platform: edge"})
	made, err := p.Create(t.Context(), plugin.CreateRequest{
		Type: betterstack.Monitor, Properties: edge(), URN: resource.NewURN("prod", "platform", "", betterstack.Monitor, "betterstack-edge"),
	})
	require.NoError(t, err)
	require.Equal(t, id, string(made.ID))
	require.Equal(t, "betterstack-edge: Better Stack had one with this pronounceable_name already, "+id+", which was taken over", notes.String())
}

func TestWrongTokenNamesTheSecret(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	p, _ := connect(t, server, "not-the-token")
	for name, call := range map[string]func() error{
		"create": func() error {
			_, err := p.Create(t.Context(), plugin.CreateRequest{Type: betterstack.Monitor, Properties: edge()})
			return err
		},
		"read": func() error {
			_, err := p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.Monitor, ID: "1"})
			return err
		},
		"update": func() error {
			_, err := p.Update(t.Context(), plugin.UpdateRequest{Type: betterstack.Monitor, ID: "1", NewInputs: edge()})
			return err
		},
		"delete": func() error {
			_, err := p.Delete(t.Context(), plugin.DeleteRequest{Type: betterstack.Monitor, ID: "1"})
			return err
		},
	} {
		err := call()
		require.ErrorContains(t, err, "Better Stack refuses the token (401", name)
		require.ErrorContains(t, err, "write a valid one into the secret "+secretARN+" and run the same again (docs/betterstack.md)", name)
		require.NotContains(t, err.Error(), "not-the-token", name)
	}
}

// The secret is read again after it could not be, and once it was, never more.
func TestSecretIsReadOnce(t *testing.T) {
	t.Parallel()
	server := betterstacktest.New(t)
	reads, broken := 0, errors.New("denied")
	p := New(server.URL, func(context.Context, string) (string, error) {
		reads++
		if reads == 1 {
			return "", broken
		}
		return betterstacktest.Token, nil
	})
	read := func() error {
		_, err := p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.Monitor, ID: "1"})
		return err
	}
	require.ErrorIs(t, read(), broken)
	require.NoError(t, read())
	require.NoError(t, read())
	require.Equal(t, 2, reads)
}

func TestCancellationEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	p, _ := connect(t, betterstacktest.New(t), betterstacktest.Token)
	require.NoError(t, p.SignalCancellation(t.Context()))
	_, err := p.Read(t.Context(), plugin.ReadRequest{Type: betterstack.Monitor, ID: "1"})
	require.ErrorIs(t, err, context.Canceled)
}
