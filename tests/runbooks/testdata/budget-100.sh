# Stands for the role of deployments, which bootstrap makes and the local cloud has not: what the breaker takes rights from.
aws iam create-role --role-name platform-deployer --assume-role-policy-document '{"Version": "2012-10-17", "Statement": []}' >/dev/null
gone() {
	aws iam list-attached-role-policies --role-name platform-deployer --query 'AttachedPolicies[].PolicyArn' --output text | xargs -n 1 -r \
		aws --endpoint-url "$AWS_ENDPOINT_URL" iam detach-role-policy --role-name platform-deployer --policy-arn
	aws iam delete-role --role-name platform-deployer
	rm -f "$KEEP"/nodes-before-*
}
trap 'gone >/dev/null 2>&1' EXIT
