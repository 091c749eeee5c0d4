# Stands for a customer who leaves: a free tenant with 500 rows, and an archive from the time when it had 3.
gone() { platform tenant offboard "$TENANT" --archive --env "$ENVIRONMENT" $LOCAL; }
export TENANT=alder
platform tenant create "$TENANT" --tier free --env "$ENVIRONMENT" $LOCAL >/dev/null
trap 'gone >/dev/null 2>&1' EXIT
sql "$TENANT" "create table customer as select n from generate_series(1, 3) n"
platform tenant archive "$TENANT" --env "$ENVIRONMENT" $LOCAL >/dev/null
sql "$TENANT" "insert into customer select n from generate_series(4, 500) n"
