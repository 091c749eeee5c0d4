package estimator

import (
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// What gp3 includes, and the least that io1 and io2 take.
var (
	gp3IOPS       = whole(3000)
	gp3Throughput = whole(125)
	leastIOPS     = whole(100)
	io2SecondTier = whole(32000)
	io2ThirdTier  = whole(64000)
)

// volume is one EBS volume.
type volume struct {
	kind       string
	gib        decimal.Decimal
	iops       decimal.Decimal // zero: the kind's default
	throughput decimal.Decimal // MiBps; zero: the kind's default
}

// disk reads a volume's properties, which are named alike wherever AWS has volumes, and prices it count times.
func (v *evaluation) disk(label string, s scope, kindName, sizeName string, defaultGiB int, count decimal.Decimal) decimal.Decimal {
	limits := v.estimator.options.Ceilings
	disk := volume{kind: lower(s.text(kindName, "gp2", "io2")), gib: s.number(sizeName, defaultGiB, limits.VolumeGiB)}
	switch disk.kind {
	case "io1", "io2":
		disk.iops = s.number("iops", 0, limits.IOPS)
	case "gp3":
		disk.iops = s.number("iops", 0, limits.IOPS)
		disk.throughput = s.number("throughput", 0, limits.ThroughputMiBps)
	}
	return v.volume(label, disk, count)
}

// volume prices an EBS volume count times and returns the monthly amount.
func (v *evaluation) volume(label string, d volume, count decimal.Decimal) decimal.Decimal {
	total := v.fixed(label+", "+d.kind, d.gib.Mul(count), catalogue.Kind(catalogue.EC2, "volume", d.kind))
	iops := func(description string, quantity decimal.Decimal, variant string) {
		if quantity.IsPositive() {
			total = total.Add(v.fixed(label+", "+description, quantity.Mul(count), catalogue.Kind(catalogue.EC2, "volume-iops", variant)))
		}
	}
	switch d.kind {
	case "gp3":
		iops("IOPS above 3,000", d.iops.Sub(gp3IOPS), "gp3")
		if extra := d.throughput.Sub(gp3Throughput); extra.IsPositive() {
			total = total.Add(v.fixed(label+", throughput above 125 MiBps", extra.Mul(count), catalogue.Kind(catalogue.EC2, "volume-throughput", "gp3")))
		}
	case "io1":
		iops("provisioned IOPS", decimal.Max(d.iops, leastIOPS), "io1")
	case "io2":
		n := decimal.Max(d.iops, leastIOPS)
		iops("provisioned IOPS", decimal.Min(n, io2SecondTier), "io2")
		iops("provisioned IOPS above 32,000", decimal.Min(n, io2ThirdTier).Sub(io2SecondTier), "io2/above-32000")
		iops("provisioned IOPS above 64,000", n.Sub(io2ThirdTier), "io2/above-64000")
	case "standard":
		v.line(Usage, label+", I/O requests", v.assumed(usage.VolumeRequests).Mul(count), catalogue.Kind(catalogue.EC2, "volume-request", "standard"), "")
	}
	return total
}

// ebsVolume is aws:ebs/volume:Volume. A volume from a snapshot may leave out its size; it is then as unknown.
func ebsVolume(v *evaluation) {
	s := v.scope
	if !s.given("size") {
		size := v.estimator.options.Ceilings.VolumeGiB
		s.worst("size", 0, false, whole(size).String()+" GiB")
		v.disk("Volume", s, "type", "size", size, one)
		return
	}
	v.disk("Volume", s, "type", "size", rootVolumeGiB, one)
}

// ebsSnapshot is a kept snapshot of a volume.
func ebsSnapshot(v *evaluation) {
	v.uses("Snapshot storage", usage.SnapshotGB, catalogue.Kind(catalogue.EC2, "snapshot", "standard"))
}
