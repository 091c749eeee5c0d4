// Package isolation proves on a real server, through the provisioner's own code, that no tenant reaches another. Its test
// writes docs/isolation.md.
package isolation
