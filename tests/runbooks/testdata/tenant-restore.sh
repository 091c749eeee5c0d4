# Stands for a tenant whose data is damaged: 1,002 good rows and an archive of them, then 10 broken rows, of which somebody has made
# an archive, too. To restore that one, or the one that the page makes, would not bring the good rows back.
gone() { platform tenant offboard "$TENANT" --archive --env "$ENVIRONMENT" $LOCAL; }
export TENANT=larch
platform tenant create "$TENANT" --tier free --env "$ENVIRONMENT" $LOCAL >/dev/null
trap 'gone >/dev/null 2>&1' EXIT
sql "$TENANT" "create table thing as select n, 'good' as body from generate_series(1, 1002) n"
platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL >/dev/null
sleep 1
export AS_OF=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1
sql "$TENANT" "delete from thing where n > 10; update thing set body = 'broken'"
platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL >/dev/null
