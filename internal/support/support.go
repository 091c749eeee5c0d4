// Package support says until when what the platform is pinned to is supported. Versions of Kubernetes, PostgreSQL and the
// cache are not here: their calendar, with what extended support costs, is beside the prices (internal/pricing/catalogue).
package support

import "time"

// Pin is something in use, and the first day without support.
type Pin struct {
	Name   string // "actions/checkout v6": what it is, and the part of the version that decides
	Ends   time.Time
	Source string // who says so, and when it was read
}

// Notice is how long before the end people are warned.
const Notice = 60 * 24 * time.Hour

const (
	node24 = "these releases run on Node 24, whose last day is 2028-04-30 (github.com/nodejs/Release, read 2026-11-28); GitHub removed Node 20 on 2026-09-16 " +
		"(github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners)"
	amazonLinux = "Amazon Linux 2023 release cadence: maintenance until 2029-06-30 (docs.aws.amazon.com/linux/al2023/ug/release-cadence.html, read 2026-11-28)"
)

// Pins are all that is in use. A test finds each in the workflows, the plan or go.mod, and fails from the day on which one ends.
func Pins() []Pin {
	return []Pin{
		{"actions/checkout v6", day(2028, 5, 1), node24},
		{"actions/cache v6", day(2028, 5, 1), node24},
		{"actions/download-artifact v8", day(2028, 5, 1), node24},
		{"actions/setup-go v6", day(2028, 5, 1), node24},
		{"actions/upload-artifact v7", day(2028, 5, 1), node24},
		{"aws-actions/configure-aws-credentials v6", day(2028, 5, 1), node24},
		{"runner ubuntu-24.04", day(2029, 5, 1), "Ubuntu 24.04 LTS: standard support until April 2029 (ubuntu.com/about/release-cycle, read 2026-11-28)"},
		{"lambda provided.al2023", day(2029, 6, 30), "what it runs on ends then; Lambda's own date (docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html) was not read: " + amazonLinux},
		{"nodes AL2023_ARM_64_STANDARD", day(2029, 6, 30), amazonLinux},
		{"go 1.26", day(2027, 2, 1), "supported until Go 1.28, which is due in February 2027: two releases a year, and the last two are supported (go.dev/doc/devel/release)"},
	}
}

// EndingBy gives what has ended on a day, or ends within a time after it.
func EndingBy(today time.Time, within time.Duration) (ending []Pin) {
	for _, pin := range Pins() {
		if !pin.Ends.After(today.Add(within)) {
			ending = append(ending, pin)
		}
	}
	return ending
}

func day(year int, month time.Month, date int) time.Time {
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}
