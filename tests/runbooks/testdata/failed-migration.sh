# Stands for the application's folder: one migration that changes nothing. No tenant gets it, as the page only plans.
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
mkdir "$FOLDER/20261101000000_nothing"
echo 'provider = "postgresql"' >"$FOLDER/migration_lock.toml"
echo 'SELECT 1;' >"$FOLDER/20261101000000_nothing/migration.sql"
