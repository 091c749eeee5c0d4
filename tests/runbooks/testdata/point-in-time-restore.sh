# Stands for a tenant whose data was destroyed: 700 rows, and only an archive from the time when it had 3. The local cloud restores no
# instance, so that the rows are still in the live one, which the page then reads in place of the restored one.
gone() { platform tenant offboard "$TENANT" --archive --env "$ENVIRONMENT" $LOCAL; }
export TENANT=hazel
platform tenant create "$TENANT" --tier free --env "$ENVIRONMENT" $LOCAL >/dev/null
trap 'gone >/dev/null 2>&1' EXIT
sql "$TENANT" "create table entry as select n from generate_series(1, 3) n"
platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL >/dev/null
sql "$TENANT" "insert into entry select n from generate_series(4, 700) n"
