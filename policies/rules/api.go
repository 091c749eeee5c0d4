package rules

// apiRules are the rules of what lets the internet call functions.
func apiRules() []*Rule {
	stages := []string{apiStage}
	return []*Rule{
		{
			ID: "api-throttled", Severity: Mandatory, Frameworks: []string{"own"}, Types: stages,
			Must:     "an API must limit how many requests it takes, since each is paid for",
			Remedy:   "set defaultRouteSettings.throttlingRateLimit and defaultRouteSettings.throttlingBurstLimit",
			Limits:   "routeSettings of single routes are not read",
			evaluate: checkThrottle,
		},
		{
			ID: "api-access-logged", Severity: Production, Frameworks: []string{"APIGateway.9", "CKV_AWS_95"}, Types: stages,
			Must:     "an API must log its requests",
			Remedy:   "set accessLogSettings.destinationArn to a log group",
			evaluate: mustBeSet("accessLogSettings.destinationArn"),
		},
		{
			ID: "function-no-public-url", Severity: Mandatory, Frameworks: []string{"CKV_AWS_258"}, Types: []string{functionURL},
			Must:     "a function's URL must be for callers that AWS knows, since it limits no requests",
			Remedy:   "set authorizationType to AWS_IAM, or put an API with a throttle before the function",
			evaluate: mustBeOneOf("authorizationType", "AWS_IAM"),
		},
	}
}

func checkThrottle(env Environment, r *Resource) []string {
	var seen []string
	for _, path := range []string{"defaultRouteSettings.throttlingRateLimit", "defaultRouteSettings.throttlingBurstLimit"} {
		seen = append(seen, mustBeAtLeast(path, func(Environment) float64 { return 1 })(env, r)...)
	}
	return seen
}
