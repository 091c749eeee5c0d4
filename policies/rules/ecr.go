package rules

// registryRules are the rules of image registries.
func registryRules() []*Rule {
	repositories := []string{repository}
	return []*Rule{
		{
			ID: "ecr-scans", Severity: Mandatory, Frameworks: []string{"ECR.1", "CKV_AWS_163"}, Types: repositories,
			Must:     "a registry must scan each pushed image",
			Remedy:   "set imageScanningConfiguration.scanOnPush to true",
			Limits:   "does not know of enhanced scanning set for the whole account",
			evaluate: mustBeTrue("imageScanningConfiguration.scanOnPush"),
		},
		{
			ID: "ecr-immutable", Severity: Mandatory, Frameworks: []string{"ECR.2", "CKV_AWS_51"}, Types: repositories,
			Must:     "an image tag must be immutable",
			Remedy:   "set imageTagMutability to IMMUTABLE",
			evaluate: mustBeOneOf("imageTagMutability", "IMMUTABLE"),
		},
		{
			ID: "ecr-encrypted", Severity: Mandatory, Frameworks: []string{"ECR.5", "CKV_AWS_136"}, Types: repositories,
			Must:     "a registry must be encrypted with a customer-managed key",
			Remedy:   "set encryptionType KMS and kmsKey in encryptionConfigurations",
			evaluate: mustBeSet("encryptionConfigurations.0.kmsKey"),
		},
		{
			ID: "ecr-not-public", Severity: Mandatory, Frameworks: []string{"CKV_AWS_32"}, Types: []string{repositoryPolicy},
			Must:     "a registry must not be open to everybody",
			Remedy:   "name accounts as principals, or add a condition",
			evaluate: checkPublicDocument,
		},
		{
			ID: "ecr-lifecycle", Severity: Mandatory, Frameworks: []string{"ECR.3"}, Types: repositories,
			Must:          "a registry must expire old images",
			Remedy:        "add a LifecyclePolicy whose repository is the registry's name",
			Limits:        "sees lifecycle policies of the same stack",
			evaluateStack: checkImageLifecycles,
		},
	}
}

func checkImageLifecycles(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, r := range s.ofType(repository) {
		if len(s.pointingAt(r, "repository", repositoryLifecycle)) == 0 {
			findings = append(findings, finding{r, "the stack has no LifecyclePolicy for it"})
		}
	}
	return findings
}
