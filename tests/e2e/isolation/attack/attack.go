// Package attack is what the test of isolation and the program in its pods say to one another.
package attack

// Listen is where the program answers.
const Listen = ":8080"

// Port is its port.
const Port = 8080

// Kind is a kind of attempt.
type Kind string

// The kinds, with what the target of each is.
const (
	Dial        Kind = "dial"        // an address and port
	Resolve     Kind = "resolve"     // a name
	Secret      Kind = "secret"      // the ARN of a secret, in the pod's own role
	Credentials Kind = "credentials" // a token for the agent of Pod Identity
	Database    Kind = "database"    // a URL
	RawSocket   Kind = "raw socket"  // nothing
	Mount       Kind = "mount"       // nothing
	Read        Kind = "read"        // a file
	Write       Kind = "write"       // a file, which is opened alone
)

// Attempt is what is tried.
type Attempt struct {
	Kind   Kind   `json:"kind"`
	Target string `json:"target"`
}

// Outcome is what came of an attempt.
type Outcome struct {
	Done bool   `json:"done"` // it succeeded
	Said string `json:"said"`
}
