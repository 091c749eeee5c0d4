# What tests ask about the effect of a page, in the session of its commands.
tenant_of() { platform tenant show "$1" --env "$ENVIRONMENT" $LOCAL --json | jq -r ".tenant.$2"; } # SLUG FIELD
url_of() { aws secretsmanager get-secret-value --secret-id "$(tenant_of "$1" secretArn)" --query SecretString --output text | jq -r .libpqUrl; } # SLUG
sql() { psql "$(url_of "$1")" -qAt -v ON_ERROR_STOP=1 -c "$2"; } # SLUG STATEMENT
exists() { platform tenant list --env "$ENVIRONMENT" $LOCAL --json | jq -r --arg t "$1" 'any(.tenants[]; .slug == $t)'; } # SLUG
denied() { if "$@" 2>&1; then echo "it was not denied"; fi; } # COMMAND...: what it says when it fails, as it must
