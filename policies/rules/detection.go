package rules

// detectionRules are the rules of GuardDuty.
func detectionRules() []*Rule {
	detectors := []string{guardDutyDetector}
	return []*Rule{
		{
			ID: "guardduty-on", Severity: Mandatory, Frameworks: []string{"GuardDuty.1"}, Types: detectors,
			Must:     "a threat detector must be on",
			Remedy:   "do not set enable to false",
			Limits:   "a detector belongs to an account, so a stack without one passes",
			evaluate: mustNotBeFalse("enable"),
		},
		{
			ID: "guardduty-watches-clusters", Severity: Mandatory, Frameworks: []string{"GuardDuty.5"}, Types: detectors,
			Must:          "a threat detector must read the audit logs of clusters",
			Remedy:        "add a DetectorFeature with the name EKS_AUDIT_LOGS and the status ENABLED",
			Limits:        "sees features of the same stack",
			evaluateStack: checkDetectorFeature("EKS_AUDIT_LOGS", "datasources.kubernetes.auditLogs.enable"),
		},
		{
			ID: "guardduty-watches-databases", Severity: Mandatory, Frameworks: []string{"GuardDuty.9"}, Types: detectors,
			Must:          "a threat detector must monitor database logins",
			Remedy:        "add a DetectorFeature with the name RDS_LOGIN_EVENTS and the status ENABLED",
			Limits:        "sees features of the same stack",
			evaluateStack: checkDetectorFeature("RDS_LOGIN_EVENTS", ""),
		},
	}
}

// checkDetectorFeature asks for a feature, by a resource of its own or by a switch within the detector.
func checkDetectorFeature(name, inline string) func(Environment, *Stack) []finding {
	return func(_ Environment, s *Stack) []finding {
		var findings []finding
		for _, detector := range s.ofType(guardDutyDetector) {
			if !detector.Properties.Bool(inline).Value && !s.hasFeature(detector, name) {
				findings = append(findings, finding{detector, "the stack does not enable " + name + " for it"})
			}
		}
		return findings
	}
}

func (s *Stack) hasFeature(detector *Resource, name string) bool {
	for _, feature := range s.pointingAt(detector, "detectorId", guardDutyFeature) {
		given, status := feature.Properties.Text("name"), feature.Properties.Text("status")
		if (given.Unknown() || given.Value == name) && (status.Unknown() || status.Value == "ENABLED") {
			return true
		}
	}
	return false
}
