// Package e2e asks the AWS API, the Kubernetes API, PostgreSQL and Redis themselves what an environment consists of that the
// operator's command has deployed to a local cloud, and changes it as people do. Each test stands alone: it takes the
// environment that the tests of a run share, and leaves it as it found it.
//
// What comes before and after, the first deployment and the destruction, is in lifecycle; what goes wrong without a
// deployment is in faults.
package e2e
