# Stands for a group whose nodes are old: the release that EKS tells of it. No node runs, so what is tried is which release each group
# has, and not that pods move.
OLD_RELEASE=$(aws eks describe-cluster --name "platform-$ENVIRONMENT-cluster" --query cluster.version --output text).0-20260101
aws eks update-nodegroup-version --cluster-name "platform-$ENVIRONMENT-cluster" --release-version "$OLD_RELEASE" >/dev/null --nodegroup-name \
	"$(aws eks list-nodegroups --cluster-name "platform-$ENVIRONMENT-cluster" --query 'nodegroups[?starts_with(@, `cluster-tenants`)] | [0]' --output text)"
