package api

// What the sweep publishes each half minute of how tenants were served, if anything came: sums of what came since, each with both
// dimensions.
const (
	MetricNamespace      = "GenericCorp/Served"
	DimensionEnvironment = "Environment"
	DimensionTier        = "Tier"
	MetricValid          = "Valid"  // requests that were served, or should have been
	MetricFailed         = "Failed" // of these: answered with an error that is no fault of the client, or not to the end
	MetricSlow           = "Slow"   // of these: served, and the answer began later than the tier's objective
)
