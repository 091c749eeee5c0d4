# Stands for a Temporal: a deployment with two revisions, and a pod, as objects of the API server. No controller, scheduler or
# kubelet runs, so no container ever starts: the loop below writes the status that they would. Tried are the page's selectors,
# names and commands and that they wait for the status; not that Temporal restarts well, of which the page says the same.
PAUSES="1 1 1 1 1 1" # in place of 24 hours
temporal() { case "$*" in *health*) echo SERVING ;; *) echo "Total: 0" ;; esac }
kubectl() { if [ "$1" = port-forward ]; then sleep 60; else command kubectl "$@"; fi; }
standins() {
	kubectl "$@" -n platform-system -f - <<-'YAML'
		apiVersion: apps/v1
		kind: Deployment
		metadata:
		  name: temporal
		  labels: {app.kubernetes.io/name: temporal}
		  annotations: {deployment.kubernetes.io/revision: "2"}
		spec:
		  selector: {matchLabels: {app.kubernetes.io/name: temporal}}
		  template:
		    metadata: {labels: {app.kubernetes.io/name: temporal}}
		    spec: {containers: [{name: temporal, image: "stand-in:2"}]}
	YAML
}
revision() { # NUMBER UID: what the deployment's controller keeps of a version
	kubectl create -n platform-system -f - <<-YAML
		apiVersion: apps/v1
		kind: ReplicaSet
		metadata:
		  name: temporal-$1
		  labels: {app.kubernetes.io/name: temporal, pod-template-hash: "$1"}
		  annotations: {deployment.kubernetes.io/revision: "$1"}
		  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: temporal, uid: $2, controller: true}]
		spec:
		  replicas: 0
		  selector: {matchLabels: {app.kubernetes.io/name: temporal, pod-template-hash: "$1"}}
		  template:
		    metadata: {labels: {app.kubernetes.io/name: temporal, pod-template-hash: "$1"}}
		    spec: {containers: [{name: temporal, image: "stand-in:$1"}]}
	YAML
}
pod() {
	kubectl create -n platform-system -f - <<-'YAML'
		apiVersion: v1
		kind: Pod
		metadata: {name: temporal-2-abcde, labels: {app.kubernetes.io/name: temporal}}
		spec:
		  terminationGracePeriodSeconds: 0
		  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
		  containers:
		    - name: temporal
		      image: stand-in:2
		      resources: {requests: {cpu: 10m, memory: 16Mi}}
		      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
	YAML
}
controller() {
	restarted=
	while sleep 1; do
		if [ -z "$restarted" ] && kubectl get deployment temporal -n platform-system -o yaml | grep -q restartedAt; then
			restarted=yes
			kubectl delete pods -n platform-system -l app.kubernetes.io/name=temporal --force --grace-period=0
			pod
		fi
		seen=$(kubectl get deployment temporal -n platform-system -o jsonpath='{.metadata.generation}') || return 0
		kubectl patch deployment temporal -n platform-system --subresource=status --type=merge -p \
			"{\"status\":{\"observedGeneration\":$seen,\"replicas\":1,\"updatedReplicas\":1,\"readyReplicas\":1,\"availableReplicas\":1}}"
	done
}
gone() {
	kill "$CONTROLLER" 2>/dev/null || true
	kubectl delete deployments,replicasets,pods -n platform-system -l app.kubernetes.io/name=temporal --force --grace-period=0
}
standins create
UID_OF_IT=$(kubectl get deployment temporal -n platform-system -o jsonpath='{.metadata.uid}')
revision 1 "$UID_OF_IT"
revision 2 "$UID_OF_IT"
pod
controller >/dev/null 2>&1 &
CONTROLLER=$!
trap 'gone >/dev/null 2>&1' EXIT
