package stacks

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// Secret is a setting that is never printed. The zero value is a secret that was not given.
type Secret struct {
	value     string
	encrypted bool // read from a stack file, where only the ciphertext stands
}

// Given says whether the stack has this secret.
func (s Secret) Given() bool { return s.encrypted || s.value != "" }

// Output gives the secret to a resource. The engine keeps it encrypted in the state.
func (s Secret) Output() pulumi.StringOutput {
	return pulumi.ToSecret(pulumi.String(s.value)).(pulumi.StringOutput)
}

// String hides the value from every kind of printing.
func (s Secret) String() string { return "[secret]" }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }
