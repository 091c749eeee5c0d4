# Stands for whoever has the leaked password of a tenant, and a session that was opened with it.
LEAKED=$(url_of "$TENANT")
psql "$LEAKED" -c 'select pg_sleep(1200)' >/dev/null 2>&1 3>&- &
INTRUDER=$!
trap 'kill "$INTRUDER" 2>/dev/null || true' EXIT
