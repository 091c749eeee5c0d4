package rollout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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
	 "status": {"observedGeneration": 3, "conditions": [{"type": "Available", "status": "True"}, {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}, {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-3", "labels": {"pod-template-hash": "3"}, "annotations": {"deployment.kubernetes.io/revision": "3"}, "ownerReferences": [{"uid": "1"}]}, "status": {"readyReplicas": 1}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-2", "annotations": {"deployment.kubernetes.io/revision": "2"}, "ownerReferences": [{"uid": "1"}]}, "status": {"readyReplicas": 0}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-1", "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": [{"uid": "1"}]}, "status": {"readyReplicas": 2},
	 "spec": {"replicas": 2, "template": {"metadata": {"creationTimestamp": null, "labels": {"app.kubernetes.io/name": "api", "pod-template-hash": "1"}}, "spec": {"containers": [{"image": "good"}]}}}},
	{"kind": "ReplicaSet", "metadata": {"name": "other", "annotations": {"deployment.kubernetes.io/revision": "9"}, "ownerReferences": [{"uid": "2"}]}, "status": {"readyReplicas": 2}},
	{"kind": "Deployment", "metadata": {"name": "worker", "namespace": "tenants", "uid": "2"}, "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}},
	{"kind": "Deployment", "metadata": {"name": "worker", "namespace": "tenant-acme", "uid": "3"}, "status": {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}},
	{"kind": "Deployment", "metadata": {"name": "new", "namespace": "tenants", "uid": "4"}, "status": {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}}
]}`

// back is api on its way back to the pods of its first version, of which Kubernetes has not said anything yet, and then whole.
var (
	back = strings.NewReplacer(`"generation": 3`, `"generation": 4`, `"observedGeneration": 3`, `"observedGeneration": 4, "replicas": 5, "updatedReplicas": 4, "availableReplicas": 4`,
		`{"deployment.kubernetes.io/revision": "3", `, `{"deployment.kubernetes.io/revision": "4", `, `{"deployment.kubernetes.io/revision": "1"}`, `{"deployment.kubernetes.io/revision": "4"}`,
		`"reason": "ProgressDeadlineExceeded"}]}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-3"`, `"reason": "ProgressDeadlineExceeded", "message": "ReplicaSet \"api-3\" has timed out progressing."}]}},
	{"kind": "ReplicaSet", "metadata": {"name": "api-3"`).Replace(cluster)
	restored = strings.Replace(back, `"replicas": 5`, `"replicas": 4`, 1)
)

func TestWhatIsPutBack(t *testing.T) {
	t.Parallel()
	var found objects
	require.NoError(t, json.Unmarshal([]byte(cluster), &found))
	failed, open := found.judge(0)
	require.Empty(t, open)
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

func TestHowFarARolloutIs(t *testing.T) {
	t.Parallel()
	const late = 61 * time.Second
	for _, test := range []struct {
		what, spec, status string
		now, later         verdict
	}{
		{"whole", `"replicas": 2`, `"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2`, came, came},
		{"whole, as it was before", `"replicas": 2`, `"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2`, coming, failed},
		{"late before", `"replicas": 1`, `"observedGeneration": 1, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]`, coming, failed},
		{"an old pod beside the new", ``, `"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 2`, coming, failed},
		{"one that crashes", `"replicas": 2`, `"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1`, coming, failed},
		{"no new pod", ``, `"observedGeneration": 2, "replicas": 1, "availableReplicas": 1`, coming, failed},
		{"stopped", `"replicas": 0`, `"observedGeneration": 2`, came, came},
		{"the one before given up", ``, `"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet \"api-1\" has timed out progressing."}]`, coming, failed},
		{"this one given up", ``, `"observedGeneration": 2, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet \"api-2\" has timed out progressing."}]`, failed, failed},
		{"given up", ``, `"observedGeneration": 2, "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]`, failed, failed},
	} {
		var d object
		spec := strings.TrimSuffix(`{"progressDeadlineSeconds": 30, `+test.spec, ", ") + "}"
		require.NoError(t, json.Unmarshal([]byte(`{"metadata": {"generation": 2}, "spec": `+spec+`, "status": {`+test.status+`}}`), &d), test.what)
		version := &object{Metadata: metadata{Name: "api-2"}}
		assert.Equal(t, test.now, d.judge(version, 0), test.what)
		assert.Equal(t, test.later, d.judge(version, late), test.what+", after a while")
	}
}

// engineOf is what is asked of the engine.
type engineOf struct{ reread []string }

func (e *engineOf) Reread(_ context.Context, kind string, ids []string) error {
	e.reread = append(e.reread, kind)
	e.reread = append(e.reread, ids...)
	return nil
}

// clusterOf is a cluster that has these objects, one list after another, and the last for ever.
func clusterOf(t *testing.T, lists ...string) (k Kubectl, folder string) {
	t.Helper()
	folder = t.TempDir()
	for i, list := range lists {
		require.NoError(t, os.WriteFile(filepath.Join(folder, strconv.Itoa(i)), []byte(list), 0o600))
	}
	program := filepath.Join(folder, "kubectl")
	script := `#!/bin/sh
cd ` + folder + `
echo "$@" >> calls
case "$3 $4" in
"get deployments,replicasets") n=$(cat looks 2>/dev/null || echo 0); echo $((n + 1)) > looks; while [ ! -e $n ]; do n=$((n - 1)); done; cat $n ;;
"get pods") echo '{"items": [{"metadata": {"name": "api-3-x"}, "status": {
	"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}, {"type": "Ready", "status": "False"}],
	"containerStatuses": [{"name": "api", "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}, "lastState": {"terminated": {"reason": "Error", "exitCode": 2, "message": "no such argument"}}}]}}]}' ;;
"get events") echo '{"items": [{"reason": "Unhealthy", "message": "old news", "involvedObject": {"name": "api-1-y"}},
	{"reason": "BackOff", "message": "restarting", "involvedObject": {"name": "api-3-x"}}, {"reason": "BackOff", "message": "restarting", "involvedObject": {"name": "api-3-x"}}]}' ;;
"logs "*) echo "expected serve" ;;
"apply "*) cat > applied ;;
esac
`
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	return Kubectl{Program: program, Kubeconfig: "config", Runner: process.Runner{Hard: t.Context()}, Out: &bytes.Buffer{}, Interval: time.Millisecond}, folder
}

// said is what becomes of the cluster's programs.
const said = "tenants/api did not come up: it is put back to revision 1 (good), which has served all the while\n" +
	"  Kubernetes: FailedCreate: exceeded quota\n" +
	"  pod api-3-x: Unschedulable: no room\n" +
	"  pod api-3-x: api: CrashLoopBackOff: back-off\n" +
	"  pod api-3-x: api: exit code 2 (Error): no such argument\n" +
	"  event: BackOff: restarting\n" +
	"  log: expected serve\n" +
	"tenants/new did not come up, and there is no version before it that works"

// The command applies the old version as the engine's provider, waits for it, and says so beside why the deployment failed.
func TestPutBack(t *testing.T) {
	t.Parallel()
	k, folder := clusterOf(t, cluster, back, restored)
	failed, stack := errors.New("the engine could not finish"), &engineOf{}
	err := Finish(t.Context(), k, stack, failed)
	require.ErrorIs(t, err, failed)
	require.EqualError(t, err, "the engine could not finish\n"+said)
	assert.Equal(t, []string{"kubernetes:apps/v1:Deployment", "tenants/api"}, stack.reread, "or the next deployment would not try again")
	calls, err := os.ReadFile(filepath.Join(folder, "calls"))
	require.NoError(t, err)
	assert.Contains(t, string(calls), "--kubeconfig config apply --server-side --force-conflicts --field-manager pulumi-1 --filename -\n")
	assert.Equal(t, 3, strings.Count(string(calls), " get deployments,replicasets "), "until the old version is whole again")
	assert.Contains(t, string(calls), "get pods --namespace tenants --selector app.kubernetes.io/name=api,pod-template-hash=3 ")
	applied, err := os.ReadFile(filepath.Join(folder, "applied"))
	require.NoError(t, err)
	assert.Contains(t, string(applied), `"image":"good"`)

	k, _ = clusterOf(t, cluster, back)
	k.Patience = time.Millisecond
	err = Finish(t.Context(), k, stack, nil)
	require.ErrorContains(t, err, "tenants/api did not come up, and could not be put back to revision 1: its pods are not ready after 1ms\n  Kubernetes: ")

	k.Program = filepath.Join(folder, "none")
	err = Finish(t.Context(), k, stack, failed)
	require.ErrorIs(t, err, failed)
	require.ErrorContains(t, err, "look which programs did not come up: kubectl get: ")
}

// The engine's provider may take the state of the version before for that of the new one, and say that all is well.
func TestEngineThatSaysTooSoonThatAllIsWell(t *testing.T) {
	t.Parallel()
	before := strings.NewReplacer(`"generation": 3`, `"generation": 4`).Replace(cluster)
	k, _ := clusterOf(t, before, before, cluster, restored)
	var told bytes.Buffer
	k.Out = &told
	require.EqualError(t, Finish(t.Context(), k, &engineOf{}, nil), said)
	assert.Equal(t, "waiting for tenants/api to come up\n", told.String(), "once")
}

func TestProgramsThatComeUp(t *testing.T) {
	t.Parallel()
	const up = `{"items": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "tenants"}, "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}}]}`
	k, folder := clusterOf(t, strings.Replace(up, `"availableReplicas": 1`, `"availableReplicas": 0`, 1), up)
	require.NoError(t, Finish(t.Context(), k, &engineOf{}, nil))
	require.NoFileExists(t, filepath.Join(folder, "applied"))
	failed := errors.New("the engine could not finish, for another reason")
	require.Equal(t, failed.Error(), Finish(t.Context(), k, &engineOf{}, failed).Error())

	ctx, stop := context.WithCancelCause(t.Context())
	stop(process.ErrInterrupted)
	require.ErrorIs(t, Finish(ctx, k, &engineOf{}, nil), process.ErrInterrupted)
}
