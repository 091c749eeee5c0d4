// Package provider is the provider of Better Stack's objects for Pulumi's engine. It makes, compares, reads, changes and removes them. What a
// preview asks for needs neither the token nor Better Stack.
package provider

import (
	"context"
	"fmt"
	"sync"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/betterstack/client"
)

// version is the provider's own. A program asks for none.
var version = semver.MustParse("0.1.0")

// Secrets reads the token from the secret with this ARN.
type Secrets func(ctx context.Context, arn string) (token string, err error)

// Provider is one instance of the provider, with the configuration that the engine gives it.
type Provider struct {
	plugin.UnimplementedProvider

	url     string
	secrets Secrets
	note    func(context.Context, resource.URN, string) // has the engine show what people should know
	running context.Context                             // ends when the engine cancels, whatever it had asked for
	cancel  context.CancelFunc

	mutex  sync.Mutex
	secret string               // ARN
	token  string               // once it was read
	kept   map[resource.ID]bool // what was taken over, by this process
	client *client.Client
}

// New returns a provider that calls the API at the URL, with the token that secrets has.
func New(url string, secrets Secrets) *Provider {
	p := &Provider{url: url, secrets: secrets, kept: map[resource.ID]bool{}, note: func(context.Context, resource.URN, string) {}}
	p.running, p.cancel = context.WithCancel(context.Background())
	p.client = client.New(url, p.readToken)
	return p
}

// Handshake tells the engine to keep secrets and outputs to itself: no input of a kind is one.
func (*Provider) Handshake(context.Context, plugin.ProviderHandshakeRequest) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{}, nil
}

// GetPluginInfo tells the version.
func (*Provider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{Version: &version}, nil
}

// GetSchema names the package; programs register its kinds by their tokens.
func (*Provider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	return plugin.GetSchemaResponse{Schema: fmt.Appendf(nil, `{"name":%q,"version":%q}`, betterstack.Package, version)}, nil
}

// CheckConfig takes the ARN of the token's secret, and nothing else.
func (*Provider) CheckConfig(_ context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	response := plugin.CheckConfigResponse{Properties: r.News}
	fail := func(key resource.PropertyKey, reason string) {
		response.Failures = append(response.Failures, plugin.CheckFailure{Property: key, Reason: string(key) + ": " + reason})
	}
	for key, value := range r.News {
		switch {
		case key == "version": // the engine's own
		case key != betterstack.SecretInput:
			fail(key, "got an input that there is none of")
		case !unknown(value) && (!value.IsString() || regionOf(value.StringValue()) == ""):
			fail(key, "got "+show(value)+", expected the ARN of a secret in AWS Secrets Manager")
		}
	}
	if _, ok := given(r.News, betterstack.SecretInput); !ok {
		fail(betterstack.SecretInput, "got nothing, expected the ARN of a secret in AWS Secrets Manager")
	}
	return response, nil
}

// DiffConfig never replaces what was made with another secret: the token says nothing about whose objects these are.
func (*Provider) DiffConfig(_ context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	if r.OldInputs.DeepEquals(r.NewInputs) {
		return plugin.DiffConfigResponse{Changes: plugin.DiffNone}, nil
	}
	return plugin.DiffConfigResponse{Changes: plugin.DiffSome, ChangedKeys: []resource.PropertyKey{betterstack.SecretInput}}, nil
}

// Configure takes the configuration. The secret is read once it is needed.
func (p *Provider) Configure(_ context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if value, ok := given(r.Inputs, betterstack.SecretInput); ok && value.IsString() {
		p.secret, p.token = value.StringValue(), ""
	}
	return plugin.ConfigureResponse{}, nil
}

// readToken reads the token, once.
func (p *Provider) readToken(ctx context.Context) (string, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.token != "" {
		return p.token, nil
	}
	token, err := p.secrets(ctx, p.secret)
	if err != nil {
		return "", err
	}
	p.token = token
	return token, nil
}

// keep remembers what was taken over.
func (p *Provider) keep(id resource.ID) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.kept[id] = true
}

// isKept says whether this process has taken an object over.
func (p *Provider) isKept(id resource.ID) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.kept[id]
}

// SignalCancellation ends what is under way.
func (p *Provider) SignalCancellation(context.Context) error {
	p.cancel()
	return nil
}

// Close ends what is under way.
func (p *Provider) Close() error {
	p.cancel()
	return nil
}

// until is a context that ends when the engine cancels, too.
func (p *Provider) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.running, cancel)
	return ctx, func() { stop(); cancel() }
}

// explain tells where the token is when Better Stack refuses it.
func (p *Provider) explain(err error) error {
	if !client.RefusesToken(err) {
		return err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return fmt.Errorf("%w: write a valid one into the secret %s and run the same again (docs/betterstack.md)", err, p.secret)
}

// find is the kind of a resource.
func find(token tokens.Type) (*betterstack.Kind, error) {
	if k := betterstack.Find(string(token)); k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("type %q: Better Stack's provider has no such type", token)
}
