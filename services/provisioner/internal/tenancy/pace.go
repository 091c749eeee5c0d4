package tenancy

import "time"

// pace tells a call that may take longer than a function has when to stop, at a place from which the next call goes on.
type pace struct {
	began time.Time
	step  time.Duration // 0: it never stops
}

// DefaultStep is how long a call of the function goes on to begin something that can be divided. It has 15 minutes: the rest is for
// what was begun last.
const DefaultStep = 9 * time.Minute

// late says that the call has had its time.
func (p pace) late() bool { return p.step > 0 && time.Since(p.began) >= p.step }

// lateForWhole says that it is too late to begin what cannot be divided, such as an index: as the first in a call, it has nearly all of
// the function's time.
func (p pace) lateForWhole() bool { return p.step > 0 && time.Since(p.began) >= p.step/9 }
