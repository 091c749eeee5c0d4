package events

import (
	"strconv"
	"strings"
	"time"
)

// cron is a cron expression of EventBridge: minutes, hours, day of month, month, day of week, year, in UTC.
// Source: Amazon EventBridge User Guide, "Setting a schedule pattern for scheduled rules".
type cron struct {
	minutes, hours, months, years values
	day                           func(date time.Time) bool
}

// values are what a field names.
type values map[int]bool

// field says what one may name.
type field struct {
	first, last int
	names       []string // of the values from the first on
}

var (
	minuteField  = field{first: 0, last: 59}
	hourField    = field{first: 0, last: 23}
	dayField     = field{first: 1, last: 31}
	monthField   = field{first: 1, last: 12, names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}}
	weekdayField = field{first: 1, last: 7, names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}}
	yearField    = field{first: 1970, last: 2199}
)

func parseCron(fields []string) (c cron, ok bool) {
	if len(fields) != 6 {
		return c, false
	}
	var read [5]bool
	c.minutes, read[0] = minuteField.parse(fields[0])
	c.hours, read[1] = hourField.parse(fields[1])
	c.months, read[2] = monthField.parse(fields[3])
	c.years, read[3] = yearField.parse(fields[5])
	switch { // one of the two days is "?", and not both
	case fields[4] == "?" && fields[2] != "?":
		c.day, read[4] = dayOfMonth(fields[2])
	case fields[2] == "?" && fields[4] != "?":
		c.day, read[4] = dayOfWeek(fields[4])
	}
	return c, read == [5]bool{true, true, true, true, true}
}

// parse reads a list of values, ranges and steps.
func (f field) parse(text string) (values, bool) {
	found := values{}
	for part := range strings.SplitSeq(text, ",") {
		span, step, stepped := strings.Cut(part, "/")
		first, last, ranged := strings.Cut(span, "-")
		from, ok := f.value(first)
		to := from
		switch {
		case ranged:
			var known bool
			to, known = f.value(last)
			ok = ok && known && from <= to
		case span == "*":
			from, to, ok = f.first, f.last, true
		case stepped:
			to = f.last
		}
		by := 1
		if stepped {
			number, err := strconv.Atoi(step)
			by, ok = number, ok && err == nil && number > 0
		}
		if !ok {
			return nil, false
		}
		for value := from; value <= to; value += by {
			found[value] = true
		}
	}
	return found, true
}

func (f field) value(text string) (value int, ok bool) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.first + i, true
		}
	}
	value, err := strconv.Atoi(text)
	return value, err == nil && value >= f.first && value <= f.last
}

// dayOfMonth also knows L, the last day, and 3W, the weekday that is nearest to the third in its month.
func dayOfMonth(text string) (func(time.Time) bool, bool) {
	if text == "L" {
		return func(date time.Time) bool { return date.Day() == lastDay(date) }, true
	}
	if number, found := strings.CutSuffix(text, "W"); found {
		day, ok := dayField.value(number)
		return func(date time.Time) bool { return date.Day() == nearestWeekday(date, day) }, ok
	}
	days, ok := dayField.parse(text)
	return func(date time.Time) bool { return days[date.Day()] }, ok
}

// dayOfWeek also knows L, the last day of the week, 6L, the last Friday of a month, and 3#2, its second Tuesday.
func dayOfWeek(text string) (func(time.Time) bool, bool) {
	weekday := func(date time.Time) int { return int(date.Weekday()) + 1 }
	if text == "L" {
		text = "SAT"
	}
	if name, found := strings.CutSuffix(text, "L"); found {
		day, ok := weekdayField.value(name)
		return func(date time.Time) bool { return weekday(date) == day && date.Day() > lastDay(date)-7 }, ok
	}
	if name, number, found := strings.Cut(text, "#"); found {
		day, ok := weekdayField.value(name)
		which, known := field{first: 1, last: 5}.value(number)
		return func(date time.Time) bool { return weekday(date) == day && (date.Day()+6)/7 == which }, ok && known
	}
	days, ok := weekdayField.parse(text)
	return func(date time.Time) bool { return days[weekday(date)] }, ok
}

func lastDay(date time.Time) int {
	return time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWeekday is a day of the date's month, and 0 in a month that is too short.
func nearestWeekday(date time.Time, day int) int {
	last := lastDay(date)
	if day > last {
		return 0
	}
	switch time.Date(date.Year(), date.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == last {
			return day - 2
		}
		return day + 1
	default:
		return day
	}
}

// next goes from each unit to the next larger one that fits.
func (c cron) next(after time.Time) time.Time {
	at := after.UTC().Truncate(time.Minute).Add(time.Minute)
	for at.Year() <= yearField.last {
		switch {
		case !c.years[at.Year()]:
			at = time.Date(at.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		case !c.months[int(at.Month())]:
			at = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.day(at):
			at = time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, time.UTC)
		case !c.hours[at.Hour()]:
			at = at.Truncate(time.Hour).Add(time.Hour)
		case !c.minutes[at.Minute()]:
			at = at.Add(time.Minute)
		default:
			return at
		}
	}
	return time.Time{}
}
