package triggers

import (
	"cmp"
	"fmt"
	"math/big"
	"time"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/text"
)

const day = 24 * time.Hour

// fire finishes a trigger that was evaluated: its status and its text.
func fire(t Trigger, fired bool, reason string) Trigger {
	t.Status, t.Text = Quiet, reason+": did not fire"
	if fired {
		t.Status, t.Text = Fired, reason
	}
	return t
}

// noOpinion finishes a trigger that had nothing to look at.
func noOpinion(t Trigger, why string) Trigger {
	t.Status, t.Measured, t.Text = NoOpinion, why, t.Name+": "+why+": no opinion"
	return t
}

func off(t Trigger) Trigger {
	t.Status, t.Measured, t.Text = Off, "off", t.Name+": off"
	return t
}

// unread finishes a trigger whose file was not read: see File.unreadable.
func unread(t Trigger, f File) Trigger {
	switch {
	case f.Err != nil:
		t.Status, t.Measured, t.Text = Broken, "cannot be read: "+f.Source, t.Name+": "+f.Source+" cannot be read: error"
		return t
	case f.Source == "":
		return noOpinion(t, "nothing was read")
	case f.Missing:
		return noOpinion(t, "no file "+f.Source)
	}
	return noOpinion(t, fmt.Sprintf("%s is %s old", f.Source, Age(f.TooOld)))
}

// Age is a duration as people say it, such as 3d2h, 25h10m or 90s: in the largest
// unit of which there are at least two and the next smaller one, rounded down.
func Age(d time.Duration) string {
	sizes, names := []time.Duration{day, time.Hour, time.Minute, time.Second}, "dhms"
	i := 0
	for i < len(sizes)-1 && d < 2*sizes[i] {
		i++
	}
	age := fmt.Sprintf("%d%c", d/sizes[i], names[i])
	if i+1 < len(sizes) {
		if rest := d % sizes[i] / sizes[i+1]; rest > 0 {
			age += fmt.Sprintf("%d%c", rest, names[i+1])
		}
	}
	return age
}

func schedule(p Policy, s Signals) Trigger {
	t := Trigger{Name: "schedule", Fires: fmt.Sprintf("≥ %d d", p.MaxAgeDays)}
	switch {
	case s.Champion.Presence == NoModel, s.Champion.Presence == NoVersion:
		// It fires even where the schedule is off, else nothing would ever train
		// the first version.
		t.Measured = "no @" + s.Champion.Alias + " yet"
		return fire(t, true, "schedule: "+t.Measured)
	case p.ScheduleOff:
		return off(t)
	case s.Champion.Presence == NoChampion:
		return noOpinion(t, "versions, but no @"+s.Champion.Alias)
	case s.Champion.Presence != Serving:
		return noOpinion(t, "the registry was not read")
	case s.Champion.Created.IsZero():
		return noOpinion(t, fmt.Sprintf("champion v%s has no creation time", s.Champion.Version))
	}
	// A version created in the future (clocks differ) is 0 days old.
	days := max(0, int(s.Now.Sub(s.Champion.Created)/day))
	t.Measured = fmt.Sprintf("champion is %d d old", days)
	return fire(t, days >= p.MaxAgeDays,
		fmt.Sprintf("schedule: champion v%s is %dd old (max %dd)", s.Champion.Version, days, p.MaxAgeDays))
}

func drift(p Policy, s Signals) Trigger {
	t := Trigger{Name: "drift", Fires: "> " + p.MaxDriftShare.Percent()}
	switch {
	case p.DriftOff:
		return off(t)
	case s.Drift.unreadable():
		return unread(t, s.Drift.File)
	}
	// The share as the decimal that the monitor wrote: 0.3 is not above 30%.
	share, threshold := percentage(metrics.Written(s.Drift.Drift.Share)), percentage(p.MaxDriftShare.Rat())
	fired, printed := beyond(share, threshold, 1, 0)
	largest := s.Drift.Drift.largest()
	percent := printed + "% of " + cmp.Or(largest.Of, "features")
	few := fewOnly(largest, threshold)
	t.Measured = percent + others(s.Drift.Drift) + reported(s.Drift.Drift, few)
	return fire(t, fired, fmt.Sprintf("drift: %s drifted%s (threshold %s)", percent, few, p.MaxDriftShare.Percent()))
}

// fewOnly counts and names the columns that drifted where so few were looked at
// that one of them is enough to fire: "100% of features" may be one column. It is
// empty where more were looked at.
func fewOnly(s Share, threshold *big.Rat) string {
	if s.Columns == 0 || big.NewRat(100, int64(s.Columns)).Cmp(threshold) <= 0 {
		return ""
	}
	counts := fmt.Sprintf(", %d of %d", s.Drifted, s.Columns)
	if len(s.Names) == 0 {
		return counts
	}
	return counts + ": " + some(s.Names)
}

func percentage(share *big.Rat) *big.Rat { return share.Mul(share, big.NewRat(100, 1)) }

// beyond reports whether a value is above the limit (side 1) or below it (-1), and
// prints it with as many decimals as show it, and no fewer than least.
func beyond(value, limit *big.Rat, side, least int) (is bool, printed string) {
	is = value.Cmp(limit) == side
	places := metrics.Places(least, func(round func(*big.Rat) *big.Rat) bool {
		return (round(value).Cmp(limit) == side) == is
	})
	return is, metrics.Fixed(value, places)
}

// others lists every share of a file whose shares differ; else it is empty.
func others(d Drift) string {
	differ := false
	var parts []string
	for _, s := range d.Shares {
		differ = differ || s.Value != d.Share
		parts = append(parts, fmt.Sprintf("%s %v", s.Path, s.Value))
	}
	if !differ {
		return ""
	}
	return fmt.Sprintf(" (the largest of %d shares: %s)", len(d.Shares), text.List(parts, 5))
}

// reported says how many columns the monitor's report is about, and which file it
// was, as far as the monitor stated either.
func reported(d Drift, few string) string {
	said := few
	if s := d.largest(); few == "" && s.Columns > 0 && (d.Format == "share" || d.ReportSHA256 != "") {
		said = fmt.Sprintf(", %d of %d", s.Drifted, s.Columns)
	}
	if d.ReportSHA256 != "" {
		said += fmt.Sprintf(", report %s…", d.ReportSHA256[:8])
	}
	return said
}

func force(s Signals) Trigger {
	t := Trigger{Name: "force", Fires: "true", Measured: fmt.Sprint(s.Force), Text: "force: not asked for"}
	if s.Force {
		t.Status, t.Text = Fired, "force: asked for"
	}
	return t
}
