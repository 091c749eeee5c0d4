// Package domain is what a tenant is and what follows from its limits: plain values and rules, without a database, AWS or
// a clock.
package domain
