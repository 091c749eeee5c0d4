package engine

import (
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Operation says which policies an operation of the engine must pass and what is kept of it. The zero value is neither.
type Operation struct {
	PolicyPack string                    // the pack's program
	Watch      func(apitype.EngineEvent) // hears of every event first; may be nil
	Refresh    bool                      // looks first at what there really is
}

// observe adds the operation's own watcher to another.
func (o Operation) observe(other func(apitype.EngineEvent)) func(apitype.EngineEvent) {
	if o.Watch == nil {
		return other
	}
	return func(event apitype.EngineEvent) {
		o.Watch(event)
		other(event)
	}
}

func (o Operation) preview() []optpreview.Option {
	var options []optpreview.Option
	if o.PolicyPack != "" {
		options = append(options, optpreview.PolicyPacks(o.PolicyPack))
	}
	if o.Refresh {
		options = append(options, optpreview.Refresh())
	}
	return options
}

func (o Operation) up() []optup.Option {
	var options []optup.Option
	if o.PolicyPack != "" {
		options = append(options, optup.PolicyPacks(o.PolicyPack))
	}
	if o.Refresh {
		options = append(options, optup.Refresh())
	}
	return options
}
