package stacks

import (
	"regexp"
	"runtime"

	"github.com/genericcorp/platform/internal/artifact"
)

// hostArchitecture stands for the processor of the machine that deploys.
const hostArchitecture = "host"

// Processor is the architecture that the function is built for.
func (p ProvisionerSettings) Processor() artifact.Architecture {
	if p.Architecture != hostArchitecture {
		return artifact.Architecture(p.Architecture)
	}
	if host, ok := artifact.Host(runtime.GOARCH); ok {
		return host
	}
	return artifact.X8664
}

func (p ProvisionerSettings) validate(r *report) {
	r.oneOf("provisioner.architecture", p.Architecture, string(artifact.ARM64), string(artifact.X8664), hostArchitecture)
	r.between("provisioner.schemaCeiling", p.SchemaCeiling, 1, 2000)
	r.between("provisioner.reservedConcurrency", p.ReservedConcurrency, 0, 100)
}

var (
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	zoneID     = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)
)

func (d DomainSettings) validate(r *report) {
	r.permit(d.Name == "" || domainName.MatchString(d.Name), "domain.name", d.Name)
	r.permit((d.ZoneID == "") == (d.Name == "") && (d.ZoneID == "" || zoneID.MatchString(d.ZoneID)), "domain.zoneId", d.ZoneID, "domain.name")
}
