// Package neighbours proves on a real server, through the provisioner's own code, that a tenant which takes all that it can
// get does no harm to the one beside it. Its test writes docs/neighbours.md.
package neighbours
