package summary

import (
	"fmt"
	"strconv"

	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// rehearses reports whether a rehearsal was asked for, whatever came of it.
func rehearses(r *loop.Report) bool { return r.Mode == inputs.ModeRollback && r.Inputs.Rehearse }

// called is the mode, and a rehearsal as people call it.
func called(r *loop.Report) string {
	if rehearses(r) {
		return "rehearsal"
	}
	return string(r.Mode)
}

// rehearsedNews is a rehearsal that succeeded, or the end of one that was interrupted.
func rehearsedNews(r *loop.Report) item {
	if r.Recovered {
		return item{
			mark: "⚠️", title: "an interrupted rehearsal was ended",
			lead: []string{"**Redeploy the service:** it may still serve the version that the rehearsal had moved to. " + champNow(r)},
			next: advice(r, "Then check", inputs.ModeVerify, "verify-url", serviceURL(r)),
		}
	}
	d := rehearsalOf(r)
	return item{
		mark: "✅", title: "rollback to " + version(d.To) + " rehearsed",
		lead: []string{
			fmt.Sprintf("**The service served %s %s after the flip, and %s again after %s.** %s No version was quarantined.",
				version(d.To), plain(took(d.There.AfterFlip)), version(d.From), plain(took(d.Back.AfterFlip)), champNow(r)),
			reason(r),
		},
		next: []string{rehearsalSections(r)},
	}
}

// rehearsalOf is what was rehearsed; of a report without one, nothing.
func rehearsalOf(r *loop.Report) loop.Rehearsal {
	if r.Rehearsal == nil {
		return loop.Rehearsal{}
	}
	return *r.Rehearsal
}

// rehearsalSections are the two ways and what the service said on each.
func rehearsalSections(r *loop.Report) string {
	d := rehearsalOf(r)
	t := table{header: []string{"", "After the flip", "After the reload", "Served"}, align: "lrrc"}
	said := table{header: []string{"To", "After", "The service said", "Times", ""}, align: "lrlrl"}
	for _, leg := range []loop.Leg{d.There, d.Back} {
		if !leg.Moved {
			continue
		}
		flip, reload, mark := "", "", "❌ no"
		if leg.Served {
			flip, reload, mark = plain(took(leg.AfterFlip)), plain(took(leg.AfterReload)), "✅ yes"
		}
		t.row(!leg.Served, alias(names(r).Champion)+" → "+version(leg.Version), flip, reload, mark)
		for _, a := range leg.Answers {
			said.row(false, version(leg.Version), plain(took(a.After)), plain(text.Shown(firstLine(a.Text), 300)), text.Grouped(a.Times), answerWords[a.Kind])
		}
	}
	return t.String() + "\n\n" + details("What the service said", said.String())
}

// failedRehearsal is a rehearsal that showed that a rollback would not work, or that could
// not be carried out.
func failedRehearsal(r *loop.Report) item {
	n := item{mark: "❌", title: failedTitle(r), lead: errorSections(r)}
	if r.Rehearsal == nil {
		n.lead = append(n.lead, "Nothing was moved. "+champNow(r), unverified(r))
		return n
	}
	n.lead = append(n.lead, champNow(r), rehearsalSections(r))
	if r.Promoted || r.ChampionNow != r.Rehearsal.From {
		n.next = advice(r, "Redeploy the service, then check that it serves the champion", inputs.ModeVerify, "verify-url", serviceURL(r))
	}
	return n
}

// rehearsedLines are the last lines of a rehearsal on the console.
func rehearsedLines(r *loop.Report) []string {
	if r.Recovered {
		return []string{fmt.Sprintf("REHEARSAL ENDED: %s is %s. Now redeploy the service.", names(r).Champion, promote.Label(r.ChampionNow))}
	}
	d := rehearsalOf(r)
	return []string{fmt.Sprintf("REHEARSED: the service served %s %s after the flip (%s after the reload), and %s again after %s (%s). %s is %s.",
		promote.Label(d.To), took(d.There.AfterFlip), took(d.There.AfterReload),
		promote.Label(d.From), took(d.Back.AfterFlip), took(d.Back.AfterReload), names(r).Champion, promote.Label(r.ChampionNow))}
}

// turned is the way that has just begun.
func turned(r *loop.Report) []string {
	d := rehearsalOf(r)
	from, to := d.From, d.To
	if d.Back.Moved {
		from, to = d.To, d.From
	}
	return []string{fmt.Sprintf("rehearsal: %s %s -> %s", names(r).Champion, promote.Label(from), promote.Label(to))}
}

// rehearsalPlan is what a dry run would rehearse.
func rehearsalPlan(r *loop.Report) string {
	d := rehearsalOf(r)
	return fmt.Sprintf("rehearse a rollback: %s %s -> %s and back", names(r).Champion, promote.Label(d.From), promote.Label(d.To))
}

// seconds is how long after a flip its version was served, "" where it was not.
func seconds(l loop.Leg) string {
	s := l.Seconds()
	if s == nil {
		return ""
	}
	return strconv.FormatFloat(*s, 'f', -1, 64)
}
