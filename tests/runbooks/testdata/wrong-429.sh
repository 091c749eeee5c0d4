# Stands for a customer of whose requests some get 429.
. tests/runbooks/testdata/edge-logs.sh
