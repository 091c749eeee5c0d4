# Stands for an admission webhook whose pods are gone, and that refuses what it is asked about; and for a job's pod that has ended.
gone() { kubectl delete validatingwebhookconfiguration audit; kubectl delete pod report --namespace default --now; }
trap 'gone >/dev/null 2>&1' EXIT
kubectl create -f - <<-'YAML'
	apiVersion: admissionregistration.k8s.io/v1
	kind: ValidatingWebhookConfiguration
	metadata: {name: audit}
	webhooks:
	- name: audit.genericcorp.example
	  clientConfig: {service: {name: audit, namespace: platform-system, path: /}}
	  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
	  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: platform-system}}
	  failurePolicy: Fail
	  sideEffects: None
	  admissionReviewVersions: [v1]
	---
	apiVersion: v1
	kind: Pod
	metadata: {name: report, namespace: default}
	spec: {schedulerName: nobody, containers: [{name: report, image: stand-in}]}
YAML
kubectl patch pod report --namespace default --subresource status --patch '{"status": {"phase": "Succeeded"}}'
