// Package readiness has the company's list for a launch: what must be so, by which evidence, how old that may be, and the judgement: go or
// no-go. Evidence is a file that a test or a rehearsal writes, or what an environment answers. What is not known is not ready.
package readiness

import "time"

//go:generate go test . -run TestDocument -update

// Criterion is one line of the list. It is ready when all its checks are.
type Criterion struct {
	Name     string
	Question string
	Checks   []Check
}

// Check is one thing to be seen, by one kind of evidence.
type Check struct {
	Name  string        // of the whole list no other has it
	Shows string        // what good evidence shows
	Goals []Goal        // of the numbers that the evidence must have
	Age   time.Duration // from which on evidence is too old; 0: it is asked of the environment, at once
	Fresh string        // the command that makes new evidence; with %s for the environment where it asks one
	Page  string        // what tells more, from the repository's root
}

// Live says whether the check is asked of an environment. A file is no evidence for it.
func (c Check) Live() bool { return c.Age == 0 }

const (
	day  = 24 * time.Hour
	week = 7 * day
	// month is for what is rehearsed by hand or by the calendar: docs/recovery.md has the drill each month.
	month = 35 * day
)

const ask = "platform readiness --env %s"

// frame is the upper end of what the company set for production's bill, in US dollars a month: 2,000 to 2,500. A bill below that is no fault.
const frame = 2500

// Criteria are the company's list, in its order. Its goals are written here and nowhere else: evidence has numbers and sets no goals.
func Criteria() []Criterion {
	return []Criterion{
		{"database", "Is the database deployed, and does it keep tenants apart?", []Check{
			{"database", "every database of the environment is available", []Goal{atLeast("databases", 1), atMost("not available", "", 0)}, 0, ask, "runbooks/database-failover.md"},
			{
				"isolation-database", "no tenant gets at another in the database, by any way that we know",
				[]Goal{atLeast("attempts", 10000), atMost("attempts that succeeded", "", 0)}, week, "make unit", "docs/isolation.md",
			},
			{
				"isolation-pods", "no tenant's pod gets at another tenant, at the platform or at the node",
				[]Goal{atLeast("attempts", 100), atMost("attempts that succeeded", "", 0)}, week, "make isolation", "docs/isolation-pods.md",
			},
			{
				"isolation-edge", "nobody is taken for another tenant at the edge",
				[]Goal{atLeast("attempts", 50), atMost("attempts that succeeded", "", 0)}, week, "make edge", "docs/isolation-edge.md",
			},
		}},
		{"onboarding", "Is a new tenant there in under two minutes?", []Check{
			{"onboarding", "a tenant is made by one command, with database, secret and namespace", []Goal{atMost("creation", "s", 120)}, week, "make e2e", "docs/tenants.md"},
		}},
		{"limits", "Are tenants held to their limits, also under load?", []Check{
			{
				"limits", "ten times what a tier allows was sent, and no more passed than it allows; each request was counted once",
				[]Goal{atLeast("requests over their limit", 500), atMost("passed beyond the limit", "", 0), atMost("counted wrongly", "", 0)}, week, "make edge", "docs/load.md",
			},
		}},
		{"breaker", "Was the breaker tried?", []Check{
			{
				"breaker", "a tenant that cost too much was limited, suspended, and let go by a person",
				[]Goal{atLeast("acts", 2)}, week, "make e2e", "docs/breaker.md",
			},
			{
				"breaker-sees", "the environment's breaker knows prices and usage, and holds nobody back for the environment's sake",
				[]Goal{atMost("reasons to be blind", "", 0), atMost("age of the prices", "days", 31), atMost("forecast, of the limit", "%", 100)}, 0, ask, "docs/breaker.md",
			},
		}},
		{"dashboards", "Do the dashboard and the alarms live?", []Check{
			{
				"monitoring", "every alarm tells somebody, and topics, trail and dashboard are as they should be",
				[]Goal{atLeast("alarms", 1), atMost("alarms that tell nobody", "", 0), atLeast("dashboards", 1)}, week, "make e2e", "runbooks/README.md",
			},
			{
				"dashboards", "the environment's dashboard is there, its metrics arrive, and no alarm rings",
				[]Goal{
					atLeast("dashboards", 1), atLeast("alarms", 1), atMost("alarms that tell nobody", "", 0), atMost("alarms that ring", "", 0),
					atLeast("values of the database's load in an hour", 1),
				}, 0, ask, "runbooks/symptoms.md",
			},
		}},
		{"report", "Does the morning report arrive?", []Check{
			{"report", "one mail came, with what the environment and each tenant cost, and none twice", []Goal{atLeast("mails", 1)}, week, "make e2e", "docs/report.md"},
			{"report-sent", "the environment mailed yesterday's report", []Goal{atMost("days since the last one", "", 2)}, 0, ask, "docs/report.md"},
		}},
		{"users", "Do ten users at once and more get their answers?", []Check{
			{"users", "so many people who each ask once a second were served, all but one request in 200", []Goal{atLeast("users", 10), atMost("10 users, not served", "%", 0.5)}, week, "make edge", "docs/load.md"},
		}},
		{"recovery", "Was recovery rehearsed?", []Check{
			{
				"recovery", "a tenant, the database from a snapshot, and a failover were brought back within their objectives",
				[]Goal{
					atMost("tenant, time to recover", "s", 3600), atMost("snapshot, time to recover", "s", 4*3600), atMost("snapshot, work lost", "s", 15*60),
					atMost("failover, time to recover", "s", 180), atMost("failover, work lost", "s", 0),
				}, month, "platform drill --env dev --steps tenant,snapshot,failover", "docs/recovery.md",
			},
			{"restorable", "the environment's database can be restored to a moment ago", []Goal{atMost("work that would be lost", "min", 15)}, 0, ask, "docs/recovery.md"},
		}},
		{"runbooks", "Were the runbooks run?", []Check{
			{"runbooks", "every command of every page was run, and each page did what it promises", []Goal{atLeast("pages", 10), atMost("pages left out", "", 0)}, week, "make runbooks", "runbooks/README.md"},
			{"runbooks-nodes", "the same of the pages that need nodes", []Goal{atLeast("pages", 1), atMost("pages left out", "", 0)}, week, "make runbooks-nodes", "runbooks/README.md"},
		}},
		{"cost", "Does the environment cost at most what the company set, USD 2,000 to 2,500 a month?", []Check{
			{
				"cost", "the whole bill, with all tenants that there may be, support and tax, is within the frame and within the limit of the policies",
				[]Goal{atMost("whole bill", "USD", frame), atMost("at its largest", "USD", frame), atMost("whole bill, of the limit", "%", 100), atMost("without a price", "", 0)}, 0, ask, "docs/cost.md",
			},
		}},
	}
}

// Find gives the check of that name.
func Find(name string) (Check, bool) {
	for _, criterion := range Criteria() {
		for _, check := range criterion.Checks {
			if check.Name == name {
				return check, true
			}
		}
	}
	return Check{}, false
}

// names are those of all checks that a file can be evidence for.
func names() (list []string) {
	for _, criterion := range Criteria() {
		for _, check := range criterion.Checks {
			if !check.Live() {
				list = append(list, check.Name)
			}
		}
	}
	return list
}
