// Package observe asks the AWS API, the Kubernetes API and PostgreSQL themselves what exists: nothing here trusts the engine's
// outputs.
package observe
