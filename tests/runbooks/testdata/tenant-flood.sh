# Stands for a flood of the tenant's requests, most of them from one address.
. tests/runbooks/testdata/edge-logs.sh
