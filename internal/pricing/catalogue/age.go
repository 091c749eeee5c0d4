package catalogue

import (
	"fmt"
	"github.com/genericcorp/platform/internal/printable"
	"time"
)

const (
	// StaleAfter is the age from which estimates carry a warning.
	StaleAfter = 90 * 24 * time.Hour
	// clockTolerance is how far the clock may be behind the catalogue: time zones and small drift.
	clockTolerance = 48 * time.Hour
	// implausible is an age at which a wrong clock is more likely than a stale catalogue.
	implausible = 5 * 365 * 24 * time.Hour
)

// Freshness is how far the catalogue can be trusted on a day.
type Freshness struct {
	Age        time.Duration // since the row that was checked longest ago
	Stale      bool          // older than StaleAfter
	ClockWrong bool          // the clock cannot be right, so the age means nothing
	Message    string        // empty when all is well
}

// Age is the time since the row that was checked longest ago; negative when the clock is behind.
func (c *Catalogue) Age(now time.Time) time.Duration { return now.Sub(c.oldestCheck()) }

func (c *Catalogue) oldestCheck() time.Time {
	var oldest time.Time
	for _, p := range c.All() {
		if oldest.IsZero() || p.Checked.Before(oldest) {
			oldest = p.Checked
		}
	}
	return oldest
}

// Freshness checks the catalogue's age by a clock that may be wrong.
func (c *Catalogue) Freshness(now time.Time) Freshness {
	checked := c.oldestCheck()
	age := now.Sub(checked)
	f := Freshness{Age: age, Stale: age > StaleAfter}
	switch {
	case age < -clockTolerance:
		f.ClockWrong = true
		f.Message = fmt.Sprintf("the clock says %s, before the price catalogue was checked (%s): set the clock",
			now.Format(time.DateOnly), checked.Format(time.DateOnly))
	case age > implausible:
		f.ClockWrong = true
		f.Message = fmt.Sprintf("the clock says %s, years after the price catalogue was checked (%s): set the clock or refresh the prices",
			now.Format(time.DateOnly), checked.Format(time.DateOnly))
	case f.Stale:
		f.Message = fmt.Sprintf("the price catalogue was checked %s ago (%s): refresh it, prices older than %d days mislead",
			printable.Count(int(age.Hours()/24), "day"), checked.Format(time.DateOnly), int(StaleAfter.Hours()/24))
	}
	return f
}
