package summary

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/golden"
	"github.com/org/ct-action/internal/loop"
)

const thisRun = "https://github.com/octo/churn/actions/runs/27013019883"

// reviewed is a flagged challenger before its issue is opened.
func reviewed(t *testing.T) *loop.Report {
	t.Helper()
	r := trainedAndJudged(t, "--review-issue")
	judge(r, scores("0.8312", "0.1400"), scores("0.8350", "0.1312"), gate.Evidence{})
	r.Outcome, r.Exit = loop.Flagged, 3
	r.Flips = []loop.Flip{{Alias: "challenger", From: "5", To: "8"}}
	r.Notices = []string{"state: the registry's record alone, without the variable CT_STATE_CHURN: reading the repository variable CT_STATE_CHURN: " + refusing +
		"\nhint: a plain GITHUB_TOKEN can neither read nor write repository variables, whatever `permissions:` says"}
	return r
}

// TestReviewGolden renders the issue: its title, its text and its last comment.
func TestReviewGolden(t *testing.T) {
	t.Parallel()
	promoted := reports(t)["promoted-review"]
	for name, r := range map[string]*loop.Report{"flagged-review": reviewed(t), "hostile": hostile(t)} {
		closing := promoted
		if name == "hostile" {
			closing = hostile(t)
			closing.Outcome, closing.Promoted, closing.Exit = loop.Promoted, true, 0
		}
		golden.Compare(t, filepath.Join("testdata", name, "issue.md"), "title: "+ReviewTitle(r)+"\n\n"+Review(r, thisRun))
		golden.Compare(t, filepath.Join("testdata", name, "issue-closed.md"), ReviewClosed(closing, thisRun))
	}
}

// TestReviewRun links a run of the web only.
func TestReviewRun(t *testing.T) {
	t.Parallel()
	r := reviewed(t)
	for _, url := range []string{"", "javascript:alert(1)", "https://user:password@github.com/x"} {
		for _, text := range []string{Review(r, url), ReviewClosed(r, url)} {
			if strings.Contains(text, "this run") {
				t.Errorf("run %q is linked:\n%s", url, text)
			}
		}
	}
}

// What GitHub makes notifications, references, images and links of.
var live = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|gh-[0-9]|://|www\.|<img`)

// What it leaves alone: comments, code, and the addresses of our links.
var (
	escapes = regexp.MustCompile(`\\[[:punct:]]|&(amp|lt|gt|#124|#36|#91|#92);`)
	inert   = regexp.MustCompile("`[^`]*`|<code>.*?</code>|\\]\\(https?://[^ )]*\\)")
	images  = regexp.MustCompile(`!\[`)
)

// liveIn is the first text of a page that would reach beyond it, "" if none
// does.
func liveIn(page string) string {
	lines, _ := outsideFences(page)
	for _, line := range lines {
		line = inert.ReplaceAllString(escapes.ReplaceAllString(line, `\`), "")
		if live.MatchString(line) || images.MatchString(line) {
			return line
		}
	}
	return ""
}

// TestReviewHostile writes issues out of hostile texts: nobody is mentioned,
// no other issue referred to, no image loaded, and the title stays one line.
func TestReviewHostile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyReport(t)
		url := rapid.SampledFrom([]string{thisRun, "", "https://h/ \n@octocat)"}).Draw(t, "run")
		body := Review(r, url)
		checkPage(t, body)
		for _, text := range []string{body, ReviewClosed(r, url)} {
			if found := liveIn(text); found != "" {
				t.Fatalf("it reaches beyond the issue: %q", found)
			}
		}
		if closed := ReviewClosed(r, url); strings.Count(closed, "\n") != 1 {
			t.Fatalf("the comment has more than one line: %q", closed)
		}
		title := ReviewTitle(r)
		if strings.ContainsAny(title, "\r\n\x1b\u202E") || utf8.RuneCountInString(title) > 255 {
			t.Fatalf("title %q", title)
		}
	})
}

// TestLive proves that the search finds what it looks for.
func TestLive(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ask @octocat", "- see #1", "GH-12", "![x](https://h/x.png)", "http://evil.example", "<img src=x>", "`a` @octo/team `b`"} {
		if liveIn(text) == "" {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{"`@champion` is v8", "```\n@octocat #1\n```", "[Version 8](https://h/#/models/1)", "@<!-- -->octocat", `\#<!-- -->1`, "gh<!-- -->-1"} {
		if found := liveIn(text); found != "" {
			t.Errorf("%q does not pass: %q", text, found)
		}
	}
}
