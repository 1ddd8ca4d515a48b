package summary

import (
	"fmt"

	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/text"
)

// ReviewTitle is the title of the issue about a flagged challenger: one line of
// plain text, which GitHub shows as it is and of which it takes 256 characters.
func ReviewTitle(r *loop.Report) string {
	return fmt.Sprintf("%s %s was flagged: promote it or leave it",
		text.Shown(r.Model, 120), text.Clip(promote.Label(text.Visible(r.Challenger.Version)), 40))
}

// Review is the text, Markdown: the job summary, and which run wrote
// it. The run's address is left out where it is none of the web. No text from
// outside may mention anybody in it: GitHub notifies people of an issue.
func Review(r *loop.Report, runURL string) string {
	const about = "Each flag of this model updates this issue, and a promotion closes it."
	page := *r
	page.Notices = nil // they are about the run, not about the version
	return Markdown(&page) + "\n" + about + runLink("Written by", runURL) + "\n"
}

// ReviewClosed is the last comment on the issue, Markdown: what became of it.
func ReviewClosed(r *loop.Report, runURL string) string {
	n := news(r)
	return fmt.Sprintf("%s %s: %s.%s\n", n.mark, heading(r), n.title, runLink("See", runURL))
}

func runLink(verb, url string) string {
	if run := webLink("this run", url); run != "" {
		return " " + verb + " " + run + "."
	}
	return ""
}
