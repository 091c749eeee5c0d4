package rules

// registryRules are the rules of image registries.
func registryRules() []*Rule {
	repositories := []string{repository}
	return []*Rule{
		{
			ID: "ecr-scans", Severity: Mandatory, Frameworks: []string{"ECR.1", "CKV_AWS_163"}, Types: repositories,
			Must:   "a registry must scan each image that arrives",
			Remedy: "set imageScanningConfiguration.scanOnPush to true",
			Limits: "does not know of enhanced scanning set for the whole account",
			judge:  mustBeTrue("imageScanningConfiguration.scanOnPush"),
		},
		{
			ID: "ecr-immutable", Severity: Mandatory, Frameworks: []string{"ECR.2", "CKV_AWS_51"}, Types: repositories,
			Must:   "the tag of an image must mean the same image for ever",
			Remedy: "set imageTagMutability to IMMUTABLE",
			judge:  mustBeOneOf("imageTagMutability", "IMMUTABLE"),
		},
		{
			ID: "ecr-lifecycle", Severity: Mandatory, Frameworks: []string{"ECR.3"}, Types: repositories,
			Must:       "a registry must say when old images go",
			Remedy:     "add a LifecyclePolicy whose repository is the registry's name",
			Limits:     "sees lifecycle policies of the same stack",
			judgeStack: judgeImageLifecycles,
		},
	}
}

func judgeImageLifecycles(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, r := range s.ofType(repository) {
		if len(s.pointingAt(r, "repository", repositoryLifecycle)) == 0 {
			sightings = append(sightings, sighting{r, "the stack has no LifecyclePolicy for it"})
		}
	}
	return sightings
}
