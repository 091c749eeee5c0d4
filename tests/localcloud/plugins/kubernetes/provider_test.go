package kubernetes

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const configMap = "urn:pulumi:local::platform::kubernetes:core/v1:ConfigMap::settings"

// server is an API server that fills in what real ones fill in.
type server struct {
	live     map[string]object
	refusal  error
	applied  int
	rehearse int
}

func (s *server) apply(_ context.Context, o object, dryRun bool) (object, error) {
	if s.refusal != nil {
		return object{}, s.refusal
	}
	made := object{o.DeepCopy()}
	made.SetUID("uid")
	made.SetResourceVersion("7")
	made.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: fieldManager}})
	made.Object["status"] = map[string]any{"phase": "Active"}
	if dryRun {
		s.rehearse++
		return made, nil
	}
	s.applied++
	s.live[o.identity().String()] = made
	return made, nil
}

func (s *server) read(_ context.Context, i identity) (object, bool, error) {
	found, ok := s.live[i.String()]
	return found, ok, nil
}

func (s *server) remove(_ context.Context, i identity) error {
	delete(s.live, i.String())
	return nil
}

func pb(t *testing.T, fields map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(fields)
	require.NoError(t, err)
	return s
}

func settings(value any) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": "settings", "namespace": "platform"},
		"data":     map[string]any{"replicas": value},
	}
}

func TestAnObjectIsMadeReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	ctx, api := t.Context(), &server{live: map[string]object{}}
	p := &provider{objects: api}

	made, err := p.Create(ctx, &pulumirpc.CreateRequest{Urn: configMap, Properties: pb(t, settings("1"))})
	require.NoError(t, err)
	assert.Equal(t, "platform/settings", made.GetId())
	assert.NotContains(t, made.GetProperties().AsMap(), "status", "what the server changes by itself is not state")
	assert.Equal(t, map[string]any{"name": "settings", "namespace": "platform", "uid": "uid"},
		made.GetProperties().AsMap()["metadata"])

	same, err := p.Diff(ctx, &pulumirpc.DiffRequest{Urn: configMap, Olds: made.GetProperties(), News: pb(t, settings("1"))})
	require.NoError(t, err)
	assert.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, same.GetChanges())

	other, err := p.Diff(ctx, &pulumirpc.DiffRequest{Urn: configMap, Olds: made.GetProperties(), News: pb(t, settings("2"))})
	require.NoError(t, err)
	assert.Equal(t, []string{"data.replicas"}, other.GetDiffs())
	assert.Empty(t, other.GetReplaces())

	api.live["platform/settings"].Object["data"] = map[string]any{"replicas": "9"}
	drifted, err := p.Read(ctx, &pulumirpc.ReadRequest{Urn: configMap, Id: made.GetId(), Inputs: pb(t, settings("1"))})
	require.NoError(t, err)
	assert.Equal(t, settings("9"), drifted.GetInputs().AsMap(), "a change made by hand is detected")

	_, err = p.Delete(ctx, &pulumirpc.DeleteRequest{Urn: configMap, Id: made.GetId()})
	require.NoError(t, err)
	gone, err := p.Read(ctx, &pulumirpc.ReadRequest{Urn: configMap, Id: made.GetId()})
	require.NoError(t, err)
	assert.Empty(t, gone.GetId())
}

// forbidden is how the API server refuses to change what a storage class must keep.
func forbidden() error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "StorageClass"}, "fast", field.ErrorList{
		field.Forbidden(field.NewPath("parameters"), "updates to parameters are forbidden."),
	})
}

func TestPreviewsChangeNothing(t *testing.T) {
	t.Parallel()
	unknown := settings(plugin.UnknownStringValue)
	for name, test := range map[string]struct {
		inputs    map[string]any
		refusal   error
		rehearsed int
		fails     bool
	}{
		"known":                        {inputs: settings("1"), rehearsed: 1},
		"not wholly known":             {inputs: unknown},
		"its namespace is yet to come": {inputs: settings("1"), refusal: apierrors.NewNotFound(schema.GroupResource{}, "platform")},
		"the old object is yet to go":  {inputs: settings("1"), refusal: forbidden()},
		"wrong":                        {inputs: settings("1"), refusal: apierrors.NewBadRequest("wrong"), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &server{live: map[string]object{}, refusal: test.refusal}
			p := &provider{objects: api}
			_, err := p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: configMap, Properties: pb(t, test.inputs), Preview: true})
			assert.Equal(t, test.fails, err != nil, "%v", err)
			assert.Equal(t, test.rehearsed, api.rehearse)
			assert.Zero(t, api.applied)
		})
	}
}

func TestWhatCannotChangeIsReplaced(t *testing.T) {
	t.Parallel()
	renamed := settings("1")
	renamed["metadata"] = map[string]any{"name": "other", "namespace": "platform"}
	p := &provider{objects: &server{live: map[string]object{}}}
	response, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: configMap, Olds: pb(t, settings("1")), News: pb(t, renamed)})
	require.NoError(t, err)
	assert.Equal(t, []string{"metadata.name"}, response.GetReplaces())
	assert.True(t, response.GetDeleteBeforeReplace())

	p.objects = &server{refusal: forbidden()}
	response, err = p.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: configMap, Olds: pb(t, settings("1")), News: pb(t, settings("2"))})
	require.NoError(t, err)
	assert.Equal(t, []string{"data.replicas"}, response.GetReplaces())
}

func TestAnUnknownPartIsAChange(t *testing.T) {
	t.Parallel()
	p := &provider{objects: &server{}}
	response, err := p.Diff(t.Context(), &pulumirpc.DiffRequest{
		Urn: configMap, Olds: pb(t, settings("1")), OldInputs: pb(t, settings("1")), News: pb(t, settings(plugin.UnknownStringValue)),
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"data.replicas"}, response.GetDiffs())
}

func TestUnnamedObjectsKeepTheNameThatTheyGot(t *testing.T) {
	t.Parallel()
	p := &provider{}
	inputs := map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}
	first, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: configMap, Name: "settings", News: pb(t, inputs), RandomSeed: []byte("a")})
	require.NoError(t, err)
	metadata := first.GetInputs().GetFields()["metadata"].GetStructValue()
	assert.Regexp(t, `^settings-[0-9a-f]{8}$`, metadata.GetFields()["name"].GetStringValue())
	second, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: configMap, Name: "settings", News: pb(t, inputs), Olds: first.GetInputs(), RandomSeed: []byte("b")})
	require.NoError(t, err)
	assert.Equal(t, first.GetInputs().AsMap(), second.GetInputs().AsMap())
}

func TestOnlySingleObjectsAreServed(t *testing.T) {
	t.Parallel()
	p := &provider{}
	for _, token := range []string{"kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:ConfigMapPatch", "kubernetes:core/v1:ConfigMapList"} {
		_, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:local::platform::" + token + "::x"})
		assert.ErrorContains(t, err, token)
	}
	response, err := p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: configMap, Name: "x", News: pb(t, map[string]any{})})
	require.NoError(t, err)
	assert.Len(t, response.GetFailures(), 2, "the API version and the kind are missing")
}

func TestTypesNameTheirAPI(t *testing.T) {
	t.Parallel()
	for token, expected := range map[string][2]string{
		"kubernetes:core/v1:Namespace":                  {"v1", "Namespace"},
		"kubernetes:networking.k8s.io/v1:NetworkPolicy": {"networking.k8s.io/v1", "NetworkPolicy"},
		"kubernetes:apps/v1:Deployment":                 {"apps/v1", "Deployment"},
	} {
		version, kind, err := splitToken(token)
		require.NoError(t, err)
		assert.Equal(t, expected, [2]string{version, kind})
	}
}

func TestNumbersAndSecrets(t *testing.T) {
	t.Parallel()
	made, err := objectOf(resource.NewPropertyMapFromMap(map[string]any{"value": 3.0, "share": 0.5, "list": []any{2.0}}))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"value": int64(3), "share": 0.5, "list": []any{int64(2)}}, made.Object)

	secret := object{&unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret", "data": map[string]any{"a": "b"}}}}
	state, err := structOf(secret.properties())
	require.NoError(t, err)
	assert.Equal(t, sig.Secret, state.GetFields()["data"].GetStructValue().GetFields()[sig.Key].GetStringValue())
}
