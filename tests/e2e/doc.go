// Package e2e deploys the whole environment to a local cloud with the operator's own command and asks the
// AWS API, the Kubernetes API, PostgreSQL and Redis themselves what exists: nothing here trusts the engine's
// outputs. The tests install what they need, and `make test` runs them.
package e2e
