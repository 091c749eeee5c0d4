package kubernetes

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
)

// movedPaths returns what of an object's identity changes: such an object is another one.
func movedPaths(olds, news resource.PropertyMap) []string {
	var moved []string
	for name, path := range map[string][]resource.PropertyKey{
		"apiVersion": {"apiVersion"}, "kind": {"kind"}, "metadata.name": {"metadata", "name"},
	} {
		if text(olds, path...) != text(news, path...) {
			moved = append(moved, name)
		}
	}
	old, asked := text(olds, "metadata", "namespace"), text(news, "metadata", "namespace")
	if asked != "" && old != asked || asked == "" && old != "" && old != defaultNamespace {
		moved = append(moved, "metadata.namespace")
	}
	slices.Sort(moved)
	return moved
}

// replacement replaces the object. The old one goes first unless the new one has another name.
func replacement(paths []string, news resource.PropertyMap) *pulumirpc.DiffResponse {
	detailed := map[string]*pulumirpc.PropertyDiff{}
	for _, path := range paths {
		detailed[path] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE_REPLACE}
	}
	return &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_SOME, Replaces: paths, Diffs: paths,
		DetailedDiff: detailed, HasDetailedDiff: true,
		DeleteBeforeReplace: !isAutonamed(news),
	}
}

// changed compares what the object is with what it would be.
func changed(olds, news resource.PropertyMap) *pulumirpc.DiffResponse {
	difference := withoutSecrets(olds).Diff(withoutSecrets(news))
	if difference == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_SOME, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}, HasDetailedDiff: true,
	}
	for path, kind := range plugin.NewDetailedDiffFromObjectDiff(difference, false) {
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_Kind(kind.Kind)} //nolint:gosec // the same enumeration
	}
	response.Diffs = slices.Sorted(maps.Keys(response.GetDetailedDiff()))
	return response
}

// withoutSecrets drops secrets' marks, which the engine does not send back.
func withoutSecrets(properties resource.PropertyMap) resource.PropertyMap {
	plain := resource.PropertyMap{}
	for key, value := range properties {
		for value.IsSecret() {
			value = value.SecretValue().Element
		}
		plain[key] = value
	}
	return plain
}

// isImmutable reports that the API server refuses a change that only another object could make.
func isImmutable(err error) bool {
	if !apierrors.IsInvalid(err) {
		return false
	}
	for _, phrase := range []string{"immutable", "updates to", "may not be changed", "cannot be changed"} {
		if strings.Contains(err.Error(), phrase) {
			return true
		}
	}
	return false
}

// isAbsent reports that the object's namespace, or its kind, does not exist.
func isAbsent(err error) bool {
	return apierrors.IsNotFound(err) || meta.IsNoMatchError(err)
}
