// Package api is what the morning report of an environment takes and tells: how its facts are read from the provisioner, which the service
// and the operator's command share.
package api
