package catalogue

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Key names one price: AWS's own offer code, the thing sold, and which kind of it.
type Key struct {
	Service string // AWS offer code, for instance AmazonEC2
	Product string // what is sold, for instance instance or nat-gateway
	Variant string // which kind, for instance t4g.medium; empty where there is only one
}

// String reads "AmazonRDS instance db.t4g.medium/postgresql/multi-az".
func (k Key) String() string {
	return strings.TrimSpace(k.Service + " " + k.Product + " " + k.Variant)
}

// compare orders keys by service, product and variant.
func (k Key) compare(other Key) int {
	if c := strings.Compare(k.Service, other.Service); c != 0 {
		return c
	}
	if c := strings.Compare(k.Product, other.Product); c != 0 {
		return c
	}
	return strings.Compare(k.Variant, other.Variant)
}

// Unit is what one price buys.
type Unit string

// The units that rows may use. Prices per thousand or million are stored per single piece.
const (
	Minute       Unit = "minute"
	Hour         Unit = "hour"
	Day          Unit = "day"
	Month        Unit = "month"
	GB           Unit = "GB"
	GBMonth      Unit = "GB-month"
	GBHour       Unit = "GB-hour"
	GBSecond     Unit = "GB-second"
	IOPSMonth    Unit = "IOPS-month"
	MiBpsMonth   Unit = "MiBps-month"
	VCPUHour     Unit = "vCPU-hour"
	VCPUMonth    Unit = "vCPU-month"
	LCUHour      Unit = "LCU-hour"
	Request      Unit = "request"
	Query        Unit = "query"
	Event        Unit = "event"
	Notification Unit = "notification"
	Item         Unit = "item"
	Evaluation   Unit = "evaluation"
	Invocation   Unit = "invocation"
	ReportUnit   Unit = "report"
	ECPU         Unit = "ECPU"  // ElastiCache's processing unit
	Ratio        Unit = "ratio" // a share of another price
)

var units = map[Unit]bool{
	Minute: true, Hour: true, Day: true, Month: true, GB: true, GBMonth: true, GBHour: true, GBSecond: true, IOPSMonth: true,
	MiBpsMonth: true, VCPUHour: true, VCPUMonth: true, LCUHour: true, Request: true, Query: true, Event: true,
	Notification: true, Item: true, Evaluation: true, Invocation: true, ReportUnit: true, ECPU: true, Ratio: true,
}

// Confidence says how far a row can be trusted.
type Confidence string

// From best to worst.
const (
	PriceList  Confidence = "price-list" // read from AWS's own offer files
	Published  Confidence = "published"  // another cost tool's published output
	Secondary  Confidence = "secondary"  // a table at second hand
	Derived    Confidence = "derived"    // computed from another row
	Unverified Confidence = "unverified" // no source was read: a guess
)

var confidences = map[Confidence]bool{PriceList: true, Published: true, Secondary: true, Derived: true, Unverified: true}

// Price is one row of the catalogue.
type Price struct {
	Key
	Region     string
	Unit       Unit
	Amount     decimal.Decimal // US dollars a unit, above zero
	Source     string          // where the price was read
	Date       time.Time       // when the source was written
	Checked    time.Time       // when the row was last compared with its source
	Confidence Confidence
	SKU        string // AWS's own key of the price, where known

	file string // the data file that the row came from and is written back to
}
