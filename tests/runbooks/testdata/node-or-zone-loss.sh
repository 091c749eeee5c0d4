# Stands for a node whose kubelet hangs: it is the one with a replica of a shop, and stays not ready until somebody ends it. What is in
# the shop's containers does not matter.
kubelet_of() { # the number of the kubelet of NODE
	local first space process
	first=$(platform local node list --dir "$CLOUD" --json | jq -r --arg node "$1" '.nodes[] | select(.name == $node) | .pid')
	space=$(readlink "/proc/$first/ns/pid_for_children")
	for process in /proc/[0-9]*; do
		if [ "$(readlink "$process/ns/pid" 2>/dev/null)" = "$space" ] && tr '\0' ' ' <"$process/cmdline" | grep -q ' kubelet '; then
			echo "${process#/proc/}"
		fi
	done
}
gone() {
	kubectl delete deployment shop --namespace default --ignore-not-found
	kubectl uncordon --selector kubernetes.io/os=linux
}
trap 'gone >/dev/null 2>&1' EXIT
kubectl create -f - <<-'YAML'
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: shop, namespace: default}
	spec:
	  replicas: 2
	  selector: {matchLabels: {app: shop}}
	  template:
	    metadata: {labels: {app: shop}}
	    spec:
	      topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: shop}}}]
	      containers: [{name: shop, image: "localhost/pause:local", imagePullPolicy: Never, resources: {requests: {cpu: 10m, memory: 8Mi}, limits: {memory: 32Mi}}}]
YAML
kubectl rollout status deployment/shop --namespace default --timeout 5m
BAD=$(kubectl get pods --namespace default --selector app=shop --output jsonpath='{.items[0].spec.nodeName}')
INSTANCE=$(kubectl get node "$BAD" --output jsonpath='{.spec.providerID}')
kill -STOP "$(kubelet_of "$BAD")"
kubectl wait --for=condition=Ready=Unknown "node/$BAD" --timeout 5m
