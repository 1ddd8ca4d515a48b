package triggers

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/org/ct-action/internal/metrics"
)

const day = 24 * time.Hour

// fire finishes a trigger that was evaluated: its status and its text.
func fire(t Trigger, fired bool, reason string) (Trigger, string) {
	t.Status, t.Text = Quiet, reason+": did not fire"
	if fired {
		t.Status, t.Text = Fired, reason
	}
	return t, reason
}

// noOpinion finishes a trigger that had nothing to look at.
func noOpinion(t Trigger, why string) (Trigger, string) {
	t.Status, t.Measured, t.Text = NoOpinion, why, t.Name+": "+why+": no opinion"
	return t, ""
}

func off(t Trigger) (Trigger, string) {
	t.Status, t.Measured, t.Text = Off, "off", t.Name+": off"
	return t, ""
}

// unread finishes a trigger whose file is missing, too old or broken.
func unread(t Trigger, f File) (Trigger, string) {
	switch {
	case f.Err != nil:
		t.Status, t.Measured = Broken, "cannot be read: "+f.Source
		t.Text = fmt.Sprintf("%s: %s cannot be read: error", t.Name, f.Source)
		return t, ""
	case f.Missing:
		return noOpinion(t, "no file "+f.Source)
	}
	return noOpinion(t, fmt.Sprintf("%s is %s old", f.Source, Age(f.TooOld)))
}

// Age is a duration as people say it: whole days from two days on, else hours
// and minutes.
func Age(d time.Duration) string {
	if d >= 2*day {
		return fmt.Sprintf("%dd", int(d/day))
	}
	text := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func schedule(p Policy, s Signals) (Trigger, string) {
	t := Trigger{Name: "schedule", Fires: fmt.Sprintf("≥ %d d", p.MaxAgeDays)}
	switch s.Champion.Presence {
	case NoModel, NoVersion:
		t.Measured = "no @" + s.Champion.Alias + " yet"
		return fire(t, true, "schedule: no @"+s.Champion.Alias+" yet")
	case NoChampion:
		return noOpinion(t, "versions, but no @"+s.Champion.Alias)
	case Unknown:
		return noOpinion(t, "the registry was not read")
	}
	if p.ScheduleOff {
		return off(t)
	}
	// A version created in the future (clocks differ) is 0 days old.
	days := max(0, int(s.Now.Sub(s.Champion.Created)/day))
	t.Measured = fmt.Sprintf("champion is %d d old", days)
	return fire(t, days >= p.MaxAgeDays,
		fmt.Sprintf("schedule: champion v%s is %dd old (max %dd)", s.Champion.Version, days, p.MaxAgeDays))
}

func drift(p Policy, s Signals) (Trigger, string) {
	t := Trigger{Name: "drift", Fires: "> " + p.MaxDriftShare.Percent()}
	if p.DriftOff {
		return off(t)
	}
	if s.Drift.unreadable() {
		return unread(t, s.Drift.File)
	}
	share, threshold := new(big.Rat), p.MaxDriftShare.Rat()
	share.SetString(fmt.Sprint(s.Drift.Drift.Share)) // the decimal that the monitor wrote, not its nearest float
	fired := share.Cmp(threshold) > 0
	percent := new(big.Rat).Mul(share, big.NewRat(100, 1))
	threshold.Mul(threshold, big.NewRat(100, 1))
	places := metrics.Places(0, func(round func(*big.Rat) *big.Rat) bool {
		return (round(percent).Cmp(threshold) > 0) == fired
	})
	t.Measured = metrics.Fixed(percent, places) + "% of features"
	return fire(t, fired, fmt.Sprintf("drift: %s%% of features drifted (threshold %s)",
		metrics.Fixed(percent, places), p.MaxDriftShare.Percent()))
}

func performance(p Policy, s Signals) (Trigger, string) {
	t := Trigger{Name: "performance", Fires: fmt.Sprintf("AUC < %s, n ≥ %d", p.AUCFloor, p.MinRows)}
	if p.PerformanceOff {
		return off(t)
	}
	if s.Performance.unreadable() {
		return unread(t, s.Performance.File)
	}
	r := s.Performance.Rolling
	if r.Rows < p.MinRows {
		return noOpinion(t, fmt.Sprintf("%d labelled rows < %d", r.Rows, p.MinRows))
	}
	if !r.AUC.Present() {
		return noOpinion(t, fmt.Sprintf("%s (n=%d)", r.AUC.Reason(), r.Rows))
	}
	auc, floor := r.AUC.Rat(), p.AUCFloor.Rat()
	fired, sign := auc.Cmp(floor) < 0, ">="
	if fired {
		sign = "<"
	}
	places := metrics.Places(3, func(round func(*big.Rat) *big.Rat) bool {
		return (round(auc).Cmp(floor) < 0) == fired
	})
	t.Measured = fmt.Sprintf("AUC %s (n = %d)", metrics.Fixed(auc, places), r.Rows)
	return fire(t, fired, fmt.Sprintf("performance: rolling AUC %s %s floor %s (n=%d)",
		metrics.Fixed(auc, places), sign, p.AUCFloor, r.Rows))
}

func force(s Signals) (Trigger, string) {
	t := Trigger{Name: "force", Fires: "true", Measured: fmt.Sprint(s.Force)}
	if !s.Force {
		t.Text = "force: not asked for"
		return t, ""
	}
	return fire(t, true, "force: asked for")
}

func (f File) unreadable() bool { return f.Missing || f.Err != nil || f.TooOld > 0 }
