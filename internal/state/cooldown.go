package state

import (
	"fmt"
	"time"
)

// A Cooldown says how long ago the last promotion was. The zero value means
// that no promotion is on record, and so nothing to wait for.
type Cooldown struct {
	Last    time.Time     // newest record of a promotion; zero: none
	Elapsed time.Duration // since Last, never negative
	Warning string        // a record in the future: the clocks should be checked; else empty
}

// resolution is how far two honest clocks may seem apart: HTTP's Date header
// and our records have whole seconds.
const resolution = 5 * time.Second

// Since is the cooldown by every record that could be read. The newest record counts,
// so that losing one cannot shorten the cooldown. Of the two clocks, this machine's
// and the registry's (zero if unknown), the earlier one counts, so that a clock that
// runs ahead cannot end it early. A last promotion in the future counts as one just
// now, with a warning.
func Since(records []time.Time, here, registry time.Time) Cooldown {
	var c Cooldown
	for _, at := range records {
		if at.After(c.Last) {
			c.Last = at
		}
	}
	if c.Last.IsZero() {
		return c
	}
	now := here
	if !registry.IsZero() && registry.Before(now) {
		now = registry
	}
	c.Elapsed = max(0, now.Sub(c.Last))
	if ahead := c.Last.Sub(now); ahead > resolution {
		c.Warning = fmt.Sprintf("the last promotion is recorded at %s, which is %s in the future: counted as just now; check the clocks of this machine and of the registry",
			c.Last.UTC().Format(time.RFC3339), ahead.Round(time.Second))
	}
	return c
}

// Active reports whether fewer than days × 24 h have passed.
func (c Cooldown) Active(days int) bool {
	return !c.Last.IsZero() && c.Elapsed < time.Duration(days)*24*time.Hour
}

// Ends is when a cooldown of so many days is over.
func (c Cooldown) Ends(days int) time.Time {
	return c.Last.Add(time.Duration(days) * 24 * time.Hour)
}

// Days is the elapsed time in whole days, rounded down.
func (c Cooldown) Days() int { return int(c.Elapsed / (24 * time.Hour)) }
