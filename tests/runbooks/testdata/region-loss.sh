# Stands for a tenant with 40 rows, of whom somebody has made an archive when it had 3. No region is lost: the page restores beside it.
gone() { platform tenant offboard "$TENANT" --archive --env "$ENVIRONMENT" $LOCAL; }
export TENANT=poplar
platform tenant create "$TENANT" --tier free --env "$ENVIRONMENT" $LOCAL >/dev/null
trap 'gone >/dev/null 2>&1' EXIT
sql "$TENANT" "create table parcel as select n from generate_series(1, 3) n"
platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL >/dev/null
sql "$TENANT" "insert into parcel select n from generate_series(4, 40) n"
