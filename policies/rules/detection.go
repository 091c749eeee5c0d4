package rules

// detectionRules are the rules of GuardDuty.
func detectionRules() []*Rule {
	detectors := []string{guardDutyDetector}
	return []*Rule{
		{
			ID: "guardduty-on", Severity: Mandatory, Frameworks: []string{"GuardDuty.1"}, Types: detectors,
			Must:   "a threat detector must be on",
			Remedy: "do not set enable to false",
			Limits: "a detector belongs to an account: a stack without one is not asked for it",
			judge:  mustNotBeFalse("enable"),
		},
		{
			ID: "guardduty-watches-clusters", Severity: Mandatory, Frameworks: []string{"GuardDuty.5"}, Types: detectors,
			Must:       "a threat detector must read the audit logs of clusters",
			Remedy:     "add a DetectorFeature with the name EKS_AUDIT_LOGS and the status ENABLED",
			Limits:     "sees features of the same stack",
			judgeStack: judgeDetectorFeature("EKS_AUDIT_LOGS", "datasources.kubernetes.auditLogs.enable"),
		},
		{
			ID: "guardduty-watches-databases", Severity: Mandatory, Frameworks: []string{"GuardDuty.9"}, Types: detectors,
			Must:       "a threat detector must watch the logins to databases",
			Remedy:     "add a DetectorFeature with the name RDS_LOGIN_EVENTS and the status ENABLED",
			Limits:     "sees features of the same stack",
			judgeStack: judgeDetectorFeature("RDS_LOGIN_EVENTS", ""),
		},
	}
}

// judgeDetectorFeature asks for a feature, by a resource of its own or by a switch within the detector.
func judgeDetectorFeature(name, inline string) func(Environment, *Stack) []sighting {
	return func(_ Environment, s *Stack) []sighting {
		var sightings []sighting
		for _, detector := range s.ofType(guardDutyDetector) {
			if !detector.Properties.Bool(inline).Value && !s.hasFeature(detector, name) {
				sightings = append(sightings, sighting{detector, "the stack does not enable " + name + " for it"})
			}
		}
		return sightings
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
