package stacks

import "github.com/genericcorp/platform/internal/environments"

// WorkloadsSettings are all choices of what runs in the cluster of one environment, written as EnvironmentSettings are. The stack's name
// must be {environment}-workloads.
type WorkloadsSettings struct {
	// Kind says what the stack deploys. The keys below belong to the kind workloads.
	Kind Kind `settings:"kind" allowed:"environment, workloads or tenant"`
	// Environment is the environment whose cluster it is. Its stack must be deployed.
	Environment string `settings:"environment" allowed:"local, or an environment of internal/environments"`
}

// StackName is the name of the stack.
func (s *WorkloadsSettings) StackName() string { return environments.WorkloadsStack(s.Environment) }
