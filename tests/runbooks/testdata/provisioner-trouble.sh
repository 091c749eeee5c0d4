# Keeps the sweep's rule as it is, to repair what is done wrong to it. What is tried is the rule, and the sweep that the page runs
# by hand.
SWEEP=$(aws events list-rules --name-prefix provisioner-sweep --query 'Rules[0].Name' --output text)
DESCRIPTION=$(aws events describe-rule --name "$SWEEP" --query Description --output text)
TARGETS=$(mktemp)
aws events list-targets-by-rule --rule "$SWEEP" --query Targets --output json >"$TARGETS"
trap 'rm -f "$TARGETS"' EXIT
