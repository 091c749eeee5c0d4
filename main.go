// Command platform is the Pulumi program of the Generic Corp platform.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/stacks"
)

func main() { pulumi.Run(stacks.Run) }
