package estimator

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// natGateway is paid by the hour and by the gigabyte; its address is a resource of its own.
func natGateway(v *evaluation) {
	v.hourly("NAT gateway", one, catalogue.Of(catalogue.EC2, "nat-gateway"))
	v.uses("Data processed", usage.NATProcessedGB, catalogue.Of(catalogue.EC2, "nat-gateway-data"))
}

// elasticIP is billed in use and idle alike, unless it comes from the company's own pool.
func elasticIP(v *evaluation) {
	pool := v.text("publicIpv4Pool", "amazon", "amazon")
	if pool != "amazon" && strings.HasPrefix(pool, "ipv4pool-ec2-") {
		v.free("from the company's own address pool")
		return
	}
	v.addresses(one)
}

// vpcEndpoint is paid for each zone; gateway endpoints are free.
func vpcEndpoint(v *evaluation) {
	kind := ""
	switch v.text("vpcEndpointType", "Gateway", "Interface") {
	case "Gateway":
		v.free("gateway endpoints cost nothing")
		return
	case "Interface":
		kind = "interface"
	case "GatewayLoadBalancer":
		kind = "gateway-load-balancer"
	default:
		v.problem(MissingPrice, "vpcEndpointType", "no price for this kind of VPC endpoint")
		return
	}
	zones := v.estimator.options.Ceilings.Zones
	subnets := decimal.Max(v.count("subnetIds", zones), v.count("subnetConfigurations", zones), one)
	v.hourly("Endpoint, one a subnet", subnets, catalogue.Kind(catalogue.VPC, "endpoint", kind))
	v.uses("Data processed", usage.EndpointProcessedGB, catalogue.Kind(catalogue.VPC, "endpoint-data", kind))
}

// endpointSubnet adds one zone to an endpoint that is declared elsewhere.
func endpointSubnet(v *evaluation) {
	v.hourly("Endpoint, one more subnet", one, catalogue.Kind(catalogue.VPC, "endpoint", "interface"))
}

// loadBalancer is an Application, Network or Gateway Load Balancer.
func loadBalancer(v *evaluation) {
	kind := v.text("loadBalancerType", "application", "application")
	v.balancer(kind)
	if kind == "gateway" || v.flag("internal", false, false) {
		return
	}
	zones := v.estimator.options.Ceilings.Zones
	addresses := v.count("subnets", zones)
	for _, mapping := range v.each("subnetMappings") {
		if !mapping.given("allocationId") { // an elastic IP is priced by itself
			addresses = addresses.Add(one)
		}
	}
	v.addresses(addresses)
}

// balancer prices a load balancer's hours and capacity units.
func (v *evaluation) balancer(kind string) {
	v.hourly("Load balancer, "+kind, one, catalogue.Kind(catalogue.ELB, "load-balancer", kind))
	v.uses("Capacity units", usage.LoadBalancerCapacityHours, catalogue.Kind(catalogue.ELB, "capacity-unit", kind))
}

// classicBalancer is a load balancer of the first generation.
func classicBalancer(v *evaluation) {
	v.hourly("Load balancer, classic", one, catalogue.Kind(catalogue.ELB, "load-balancer", "classic"))
	v.uses("Data processed", usage.LoadBalancerProcessedGB, catalogue.Kind(catalogue.ELB, "load-balancer-data", "classic"))
}

// hostedZone is paid for itself and its queries; records are free.
func hostedZone(v *evaluation) {
	v.fixed("Hosted zone", one, catalogue.Of(catalogue.Route53, "zone"))
	v.uses("Queries", usage.ZoneQueries, catalogue.Kind(catalogue.Route53, "query", "standard"))
}

// healthCheck costs more outside AWS, and for each option: HTTPS, string match, latency, fast interval.
func healthCheck(v *evaluation) {
	where := "aws"
	if v.assumed(usage.HealthCheckOutside).IsPositive() {
		where = "other"
	}
	kind := v.text("type", "HTTP", "HTTPS_STR_MATCH")
	v.fixed("Health check", one, catalogue.Kind(catalogue.Route53, "health-check", where))
	options := 0
	for _, on := range []bool{
		strings.HasPrefix(kind, "HTTPS"), strings.HasSuffix(kind, "STR_MATCH"), v.flag("measureLatency", false, true),
		v.number("requestInterval", 30, 10).Equal(whole(10)),
	} {
		if on {
			options++
		}
	}
	if options > 0 {
		v.fixed("Optional features", whole(options), catalogue.Kind(catalogue.Route53, "health-check-option", where))
	}
}

// resolverEndpoint is paid by its addresses, two at least.
func resolverEndpoint(v *evaluation) {
	addresses := decimal.Max(whole(2), v.count("ipAddresses", v.estimator.options.Ceilings.Zones))
	v.hourly("Resolver endpoint, one an address", addresses, catalogue.Of(catalogue.Route53, "resolver-endpoint"))
}

// tier is one step of the price of data to the internet.
type tier struct {
	gb      int // zero: no end
	variant string
}

// accountUsage prices what belongs to no resource: data transfer, workloads' metrics, cost reports.
func accountUsage(v *evaluation) {
	v.transferOut(v.assumed(usage.InternetOutGB))
	both := whole(2)
	for _, item := range []struct {
		description string
		quantity    decimal.Decimal
		key         catalogue.Key
	}{
		{"Data between zones, both directions", v.assumed(usage.CrossZoneGB).Mul(both), catalogue.Kind(catalogue.DataTransfer, "cross-zone", "each-direction")},
		{"Custom metrics of workloads", v.assumed(usage.CustomMetrics), catalogue.Kind(catalogue.CloudWatch, "metric", "custom")},
		{"Cost Explorer requests", v.assumed(usage.CostExplorerRequests), catalogue.Of(catalogue.CostExplorer, "request")},
	} {
		if item.quantity.IsPositive() {
			v.line(Usage, item.description, item.quantity, item.key, "")
		}
	}
}

// freeInternetGB of the account cost nothing each month.
const freeInternetGB = 100

func (v *evaluation) transferOut(gb decimal.Decimal) {
	left := gb.Sub(whole(freeInternetGB))
	for _, t := range []tier{{10240, "up-to-10TB"}, {40960, "next-40TB"}, {102400, "next-100TB"}, {0, "above-150TB"}} {
		if !left.IsPositive() {
			return
		}
		part := left
		if t.gb > 0 {
			part = decimal.Min(left, whole(t.gb))
		}
		v.line(Usage, "Data to the internet, "+strings.ReplaceAll(t.variant, "-", " "), part,
			catalogue.Kind(catalogue.DataTransfer, "internet-out", t.variant), "the first 100 GB are free")
		left = left.Sub(part)
	}
}
