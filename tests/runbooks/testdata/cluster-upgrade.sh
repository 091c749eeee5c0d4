# Stands for the upgrade of a node group that the workflow has begun: another launch of the release that it has.
CLUSTER=platform-$ENVIRONMENT-cluster
GROUP=$(aws eks list-nodegroups --cluster-name "$CLUSTER" --query 'nodegroups[0]' --output text)
aws eks update-nodegroup-version --cluster-name "$CLUSTER" --nodegroup-name "$GROUP" >/dev/null
aws eks wait nodegroup-active --cluster-name "$CLUSTER" --nodegroup-name "$GROUP"
