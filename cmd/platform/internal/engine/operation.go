package engine

import (
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

// Operation says what judges an operation of the engine and what is kept of it. The zero value is nothing of both.
type Operation struct {
	PolicyPack string // the pack's program
	Plan       string // the file that a preview writes its plan to, and that an update must not depart from
}

func (o Operation) preview() []optpreview.Option {
	var options []optpreview.Option
	if o.PolicyPack != "" {
		options = append(options, optpreview.PolicyPacks(o.PolicyPack))
	}
	if o.Plan != "" {
		options = append(options, optpreview.Plan(o.Plan))
	}
	return options
}

func (o Operation) up() []optup.Option {
	var options []optup.Option
	if o.PolicyPack != "" {
		options = append(options, optup.PolicyPacks(o.PolicyPack))
	}
	if o.Plan != "" {
		options = append(options, optup.Plan(o.Plan))
	}
	return options
}
