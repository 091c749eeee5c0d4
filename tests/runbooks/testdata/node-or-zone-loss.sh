# Stands for two nodes in two zones, a pod on the first and one that finds no place: objects of the API server alone. No machine,
# kubelet or scheduler is behind them, so what the page's kubectl commands ask for is tried, and not that a pod moves.
node() { # NAME ZONE
	kubectl create -f - <<-YAML
		apiVersion: v1
		kind: Node
		metadata:
		  name: $1
		  labels: {topology.kubernetes.io/zone: $2, genericcorp.example/node-group: tenants}
		status: {conditions: [{type: Ready, status: "True", reason: KubeletReady, message: a stand-in}]}
	YAML
}
pod() { # NAME NODE OWNER
	kubectl create -n default -f - <<-YAML
		apiVersion: v1
		kind: Pod
		metadata:
		  name: $1
		  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: shop, uid: $3, controller: true}]
		spec:
		  nodeName: $2
		  terminationGracePeriodSeconds: 0
		  containers: [{name: shop, image: stand-in}]
	YAML
}
gone() {
	kubectl delete node ip-10-128-0-11.ec2.internal ip-10-128-32-12.ec2.internal --ignore-not-found
	kubectl delete replicaset,pod -n default --all --force --grace-period=0
}
trap 'gone >/dev/null 2>&1' EXIT
node ip-10-128-0-11.ec2.internal us-east-1a
node ip-10-128-32-12.ec2.internal us-east-1b
kubectl create -n default -f - <<-'YAML'
	apiVersion: apps/v1
	kind: ReplicaSet
	metadata: {name: shop}
	spec:
	  selector: {matchLabels: {app: shop}}
	  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: stand-in}]}}
YAML
OWNER=$(kubectl get replicaset shop -n default -o jsonpath='{.metadata.uid}')
pod shop-serves ip-10-128-0-11.ec2.internal "$OWNER"
pod shop-waits '""' "$OWNER"
