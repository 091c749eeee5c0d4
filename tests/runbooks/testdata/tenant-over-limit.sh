# Stands for a customer who has stored too much: a free tenant with 300 MiB, of which all but 1,000 rows are old, and whom the sweep
# has made read-only.
gone() { platform tenant tier "$TENANT" starter --env "$ENVIRONMENT" $LOCAL; platform tenant offboard "$TENANT" --archive --env "$ENVIRONMENT" $LOCAL; }
export TENANT=brim
platform tenant create "$TENANT" --tier free --env "$ENVIRONMENT" $LOCAL >/dev/null
trap 'gone >/dev/null 2>&1' EXIT
secret=$(platform tenant show "$TENANT" --env "$ENVIRONMENT" $LOCAL --json | jq -r .tenant.secretArn)
url=$(aws secretsmanager get-secret-value --secret-id "$secret" --query SecretString --output text | jq -r .libpqUrl)
psql "$url" -qv ON_ERROR_STOP=1 -c 'create table log (at timestamptz, body text)'
sweep() {
	local request
	request=$(mktemp)
	echo '{"action":"sweep"}' >"$request"
	aws lambda invoke --function-name "$(platform outputs --stack "$ENVIRONMENT" $LOCAL --json | jq -r .provisionerFunctionName)" --payload "fileb://$request" /dev/null >/dev/null
}
rule=$(aws events list-rules --name-prefix provisioner-sweep --query 'Rules[0].Name' --output text)
fill() {
	aws events disable-rule --name "$rule" # it would end what takes so long
	psql "$url" -qv ON_ERROR_STOP=1 <<-'SQL'
		set statement_timeout = 0;
		insert into log select now() - interval '90 days', repeat('x', 1000) from generate_series(1, 280000) n;
		insert into log select now(), 'new ' || n from generate_series(1, 1000) n;
	SQL
	sweep
	aws events enable-rule --name "$rule"
}
fill
