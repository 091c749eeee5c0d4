package rollout

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// cluster is what Kubernetes lists where api has failed and worker has not.
const cluster = `{"items": [
	{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "tenants", "uid": "1", "generation": 3,
		"labels": {"app.kubernetes.io/name": "api"}, "annotations": {"deployment.kubernetes.io/revision": "3", "pulumi.com/patchForce": "true"},
		"managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {}}}, {"manager": "pulumi-1", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {}}}}]},
	 "spec": {"replicas": 4, "template": {"spec": {"containers": [{"image": "bad"}]}}},
	 "status": {"observedGeneration": 3, "conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-3", "annotations": {"deployment.kubernetes.io/revision": "3"}, "ownerReferences": [{"uid": "1"}]}, "status": {"readyReplicas": 1}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-2", "annotations": {"deployment.kubernetes.io/revision": "2"}, "ownerReferences": [{"uid": "1"}]}, "status": {"readyReplicas": 0}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-1", "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": [{"uid": "1"}]}, "status": {"readyReplicas": 2},
	 "spec": {"replicas": 2, "template": {"metadata": {"creationTimestamp": null, "labels": {"app.kubernetes.io/name": "api", "pod-template-hash": "1"}}, "spec": {"containers": [{"image": "good"}]}}}},
	{"kind": "ReplicaSet", "metadata": {"name": "other", "annotations": {"deployment.kubernetes.io/revision": "9"}, "ownerReferences": [{"uid": "2"}]}, "status": {"readyReplicas": 2}},
	{"kind": "Deployment", "metadata": {"name": "worker", "namespace": "tenants", "uid": "2"}, "status": {"conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}},
	{"kind": "Deployment", "metadata": {"name": "worker", "namespace": "tenant-acme", "uid": "3"}, "status": {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}},
	{"kind": "Deployment", "metadata": {"name": "new", "namespace": "tenants", "uid": "4"}, "status": {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}}
]}`

func TestWhatIsPutBack(t *testing.T) {
	t.Parallel()
	var found objects
	require.NoError(t, json.Unmarshal([]byte(cluster), &found))
	failed := found.failed()
	require.Len(t, failed, 2, "not what works, and not a tenant's")
	require.Nil(t, found.lastGood(failed[1]), "the first version")
	good := found.lastGood(failed[0])
	require.Equal(t, "api-1", good.Metadata.Name, "the last of which pods work, and not the one that failed")
	text, err := failed[0].with(good)
	require.NoError(t, err)
	require.JSONEq(t, `{"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": {"name": "api", "namespace": "tenants", "labels": {"app.kubernetes.io/name": "api"}, "annotations": {"pulumi.com/patchForce": "true"}},
		"spec": {"template": {"metadata": {"labels": {"app.kubernetes.io/name": "api"}}, "spec": {"containers": [{"image": "good"}]}}}}`, string(text))

	failed[0].Metadata.ManagedFields[1].Fields["f:spec"]["f:replicas"] = nil
	text, err = failed[0].with(good)
	require.NoError(t, err)
	require.Contains(t, string(text), `"replicas":4`, "of whoever decides how many there are")
}

// The command applies the old version as the engine's provider, waits for it, and says so beside why the deployment failed.
func TestPutBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	listed, program := filepath.Join(folder, "listed.json"), filepath.Join(folder, "kubectl")
	require.NoError(t, os.WriteFile(listed, []byte(cluster), 0o600))
	script := "#!/bin/sh\necho \"$@\" >> " + folder + "/calls\ncase \"$3\" in get) cat " + listed + ";; apply) cat > " + folder + "/applied;; esac\n"
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	k := Kubectl{Program: program, Kubeconfig: "config", Runner: process.Runner{Hard: t.Context()}}
	failed := errors.New("the engine could not finish")
	err := PutBack(t.Context(), k, failed)
	require.ErrorIs(t, err, failed)
	require.EqualError(t, err, "the engine could not finish\n"+
		"tenants/api did not come up: it is put back to revision 1 (good), which has served all the while\n"+
		"tenants/new did not come up, and there is no version before it that works")
	calls, err := os.ReadFile(filepath.Join(folder, "calls"))
	require.NoError(t, err)
	assert.Contains(t, string(calls), "--kubeconfig config apply --server-side --force-conflicts --field-manager pulumi-1 --filename -\n"+
		"--kubeconfig config rollout status deployment/api --namespace tenants --timeout 5m0s\n")
	applied, err := os.ReadFile(filepath.Join(folder, "applied"))
	require.NoError(t, err)
	assert.Contains(t, string(applied), `"image":"good"`)

	k.Program = filepath.Join(folder, "none")
	err = PutBack(t.Context(), k, failed)
	require.ErrorIs(t, err, failed)
	require.ErrorContains(t, err, "look which programs did not come up: kubectl get: ")
}
