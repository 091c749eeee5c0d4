package cluster

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/namespace"
)

func (b *baselineBuilder) makeNamespaces() error {
	names := pulumi.StringArray{}
	for _, name := range []string{SystemNamespace, TenantsNamespace} {
		made, err := namespace.New(b.ctx, b.name+"-"+name, &namespace.Args{
			Name: name, Quota: b.args.quota(name).hard(), Limits: namespace.Limits{DefaultRequest: defaultRequest, Default: defaultLimit},
		}, pulumi.Parent(b.parent))
		if err != nil {
			return err
		}
		b.parent.Parts = append(b.parent.Parts, made.Parts...)
		names = append(names, made.Metadata.Name().Elem())
	}
	b.parent.Namespaces = names.ToStringArrayOutput()
	return nil
}
