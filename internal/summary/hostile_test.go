package summary

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/bake"
	"github.com/org/ct-action/internal/document"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/inputs"
	"github.com/org/ct-action/internal/loop"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/promote"
	"github.com/org/ct-action/internal/triggers"
)

// evil makes texts out of what breaks pages, tables, outputs and terminals.
func evil() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"|", "\\", "`", "```", "~~~", "\n", "\r", "\r\n", "\n\n", "\t", "    ", "<", ">", "&", "&#124;", "*", "**", "_", "[", "]", "](", ")", "#", "# ",
		"- ", "1. ", "---", "===", "@octocat", "<script>", "</details>", "<!--", "-->", "$", "~", "://", "www.", "\x1b[2J", "\x00", "\u202E", "\u2028",
		"\u200B", "\xff", "::error::", "_GitHubActionsFileCommandDelimeter_", "word", "é", "🟡", "'", "\"", " ", "http://evil.example/", "ct-action ", "GH-1", "![", "@octo/team", "<img src=x>", "verify: ",
	})
	return rapid.Custom(func(t *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
		if rapid.IntRange(0, 19).Draw(t, "huge") == 0 {
			text = strings.Repeat(text+"x", rapid.IntRange(1, 200).Draw(t, "times"))
		}
		return text
	})
}

// anyReport is a report of any outcome with such a text wherever one can be.
func anyReport(t *rapid.T) *loop.Report {
	text := func() string { return evil().Draw(t, "text") }
	texts := func() []string {
		n := rapid.SampledFrom([]int{0, 1, 2, 120}).Draw(t, "count")
		var all []string
		for range n {
			all = append(all, text())
		}
		return all
	}
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	judged := func() loop.Judged {
		value := func() metrics.Value {
			if flag("absent") {
				return metrics.Absent(text())
			}
			return number4(rapid.SampledFrom([]string{"0", "1", "1/3", "0.8312", "0.83120001"}).Draw(t, "value"))
		}
		return loop.Judged{Version: text(), RunID: text(), VersionURL: text(), RunURL: "https://h/" + text(),
			Metrics: loop.Metrics{AUC: value(), Brier: value()}}
	}
	modes := []inputs.Mode{"", inputs.ModeRun, inputs.ModeTrigger, inputs.ModeGate, inputs.ModeRollback, inputs.ModePromote, inputs.ModeRelease,
		inputs.ModeVerify, inputs.ModeNotify, inputs.ModeJudge}
	outcomes := []loop.Outcome{"", loop.Skipped, loop.Triggered, loop.Promoted, loop.Flagged, loop.RolledBack, loop.Rehearsed, loop.Released,
		loop.Verified, loop.Notified, loop.Failed, loop.Refused, loop.Invalid}
	r := &loop.Report{
		Mode: rapid.SampledFrom(modes).Draw(t, "mode"), Outcome: rapid.SampledFrom(outcomes).Draw(t, "outcome"),
		Model: text(), Aliases: promote.Aliases{Champion: text(), Previous: text(), Challenger: text()},
		DryRun: flag("dry"), Warnings: texts(), Notices: texts(), Decided: flag("decided"), Retrained: flag("retrained"), Reused: flag("reused"),
		Attempt: text(), RunContext: text(), Champion: judged(), Challenger: judged(), Gated: flag("gated"),
		Holdout: loop.HoldoutReport{Source: text(), SHA256: text(), Rows: 2000, Positives: 531}, Cooldown: since(2),
		Promoted: flag("promoted"), WouldPromote: flag("would"), Recovered: flag("recovered"), Recovery: text(),
		Quarantined: text(), Released: text(), Targets: texts(), ChampionNow: text(), PreviousNow: text(),
		DecisionID: text(), Reason: text(), Actor: text(), Requests: texts(),
		Timings:   []loop.Timing{{Stage: text(), Took: time.Second}},
		ReviewURL: rapid.SampledFrom([]string{"", "https://h/", "javascript:"}).Draw(t, "issue") + text(),
		Inputs:    inputs.Inputs{EventType: text(), DeployWorkflow: text(), VerifyURL: text()},
	}
	if flag("notified") {
		r.Notified = text()
	}
	r.Verification = loop.Verification{Address: rapid.SampledFrom([]string{"", "https://h/"}).Draw(t, "address") + text(), Served: text()}
	for i := range rapid.SampledFrom([]int{0, 1, 4, 120}).Draw(t, "answers") {
		r.Verification.Answers = append(r.Verification.Answers, loop.Answer{Kind: loop.AnswerKind(i % 4), Text: text(), After: time.Duration(i) * time.Second, Times: i})
	}
	if flag("baked") {
		r.Bake = &loop.Bake{Address: text(), Phase: bake.Phase(rapid.IntRange(0, 3).Draw(t, "phase"))}
		r.Inputs.BakeQuery, r.Inputs.BakePointer = text(), text()
		for i := range rapid.SampledFrom([]int{0, 1, 90}).Draw(t, "measurements") {
			r.Bake.Measurements = append(r.Bake.Measurements, bake.Measurement{Value: float64(i), Phase: []bake.Phase{bake.Inconclusive, bake.Successful, bake.Failed}[i%3], Text: text()})
		}
	}
	if flag("rehearsed") {
		leg := func() loop.Leg {
			return loop.Leg{Version: text(), Moved: flag("moved"), Served: flag("served"), AfterFlip: time.Second, Answers: r.Verification.Answers}
		}
		r.Rehearsal = &loop.Rehearsal{From: text(), To: text(), There: leg(), Back: leg()}
		r.Inputs.Rehearse = flag("asked")
	}
	r.Flips = []loop.Flip{{Alias: r.Aliases.Champion, From: text(), To: text()}, {Alias: r.Aliases.Previous, From: text(), To: text()}}
	r.Triggers = triggers.Decision{Retrain: flag("retrain"), Reasons: texts()}
	for i := range rapid.IntRange(0, 4).Draw(t, "triggers") {
		r.Triggers.Triggers = append(r.Triggers.Triggers, triggers.Trigger{Name: text(), Status: triggers.Status(i), Text: text(), Measured: text(), Fires: text()})
	}
	for i, name := range []string{gate.CheckAUC, gate.CheckBrier, gate.CheckCooldown, gate.CheckQuarantine, gate.CheckHoldout, gate.CheckFirst} {
		r.Verdict.Checks = append(r.Verdict.Checks, gate.Check{Name: name, Status: gate.Status(i % 4), Text: text(), Found: text(), Needed: text()})
	}
	r.Verdict.Checks = append(r.Verdict.Checks, anyChecks(t, text)...)
	if r.IsJudge() {
		r.Outcome = rapid.SampledFrom([]loop.Outcome{loop.Passed, loop.Blocked, loop.Failed, loop.Invalid}).Draw(t, "judged")
		r.Explanation = texts()
	}
	switch rapid.IntRange(0, 4).Draw(t, "error") {
	case 1:
		r.Err = errors.New(text())
	case 2:
		r.Err = inputs.Problems{{Input: text(), Value: text(), Expected: text(), Place: inputs.Place{Where: text()}}, {}}
	case 3:
		r.Err = errors.New("x")
		for _, e := range texts() {
			r.Triggers.Errors = append(r.Triggers.Errors, errors.New(e))
		}
	case 4:
		r.Err = errors.Join(errors.New(text()), errors.Join(errors.New(text()), errors.New(text())))
	}
	return r
}

// TestHostile renders reports full of hostile texts.
func TestHostile(t *testing.T) {
	t.Parallel()
	schema, judge := compiled(t, documented[0].schema), compiled(t, documented[1].schema)
	rapid.Check(t, func(t *rapid.T) {
		r := anyReport(t)
		checkPage(t, Markdown(r))
		checkConsole(t, r)
		for _, o := range Outputs(r) {
			if strings.ContainsAny(o.Value, "\r\n") {
				t.Fatalf("output %s has a line break: %q", o.Name, o.Value)
			}
			if (o.Name == "reasons" || o.Name == "failed-checks" || o.Name == "failed-check-names") && (!json.Valid([]byte(o.Value)) || o.Value[0] != '[') {
				t.Fatalf("output %s is no JSON array: %q", o.Name, o.Value)
			}
		}
		checkDocument(t, schema, r, document.Decision)
		if r.IsJudge() {
			checkDocument(t, judge, r, document.Judge)
		}
		trigger, err := document.Trigger(r)
		if err != nil || !json.Valid(trigger) {
			t.Fatalf("%v: %s", err, trigger)
		}
	})
}

func checkDocument(t *rapid.T, schema *jsonschema.Schema, r *loop.Report, render func(*loop.Report) ([]byte, error)) {
	text, err := render(r)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Fatal(err)
	}
}

// anyChecks are metric checks with findings of every kind, with numbers that are
// none among them.
func anyChecks(t *rapid.T, text func() string) []gate.Check {
	float := func() float64 {
		return rapid.SampledFrom([]float64{0, 1, -1, 0.0031, 1e-12, -1e300, 1e300, math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "float")
	}
	count := func() int { return rapid.SampledFrom([]int{0, 1, 1234567}).Draw(t, "count") }
	status := func() gate.Status { return gate.Status(rapid.IntRange(0, 4).Draw(t, "status")) }
	value := func() metrics.Value {
		if rapid.Bool().Draw(t, "absent") {
			return metrics.Absent(text())
		}
		return metrics.Exact(rational(float()))
	}
	segment := func() gate.Segment {
		if rapid.Bool().Draw(t, "all rows") {
			return gate.Segment{}
		}
		return gate.Segment{Columns: []string{text(), text()}, Values: []string{text()}}
	}
	probability := func() float64 { return rapid.SampledFrom([]float64{0.95, 0.9, math.NaN()}).Draw(t, "probability") }
	kinds := []gate.ConditionKind{gate.Threshold, gate.MinAbsoluteChange, gate.MinRelativeChange, gate.MaxAbsoluteRegression, gate.MaxRelativeRegression}
	var all []gate.Check
	for range rapid.IntRange(0, 3).Draw(t, "checks") {
		c := gate.Check{Name: text(), Metric: rapid.SampledFrom([]string{"auc", "rmse"}).Draw(t, "metric") + text(), Status: status(),
			Text: text(), Found: text(), Needed: text(), DryRun: rapid.Bool().Draw(t, "dry run"), Warnings: []string{text()},
			NotJudged: []gate.SegmentRows{{Segment: gate.Segment{Columns: []string{text()}, Values: []string{text()}}, Rows: count()}}}
		for range rapid.SampledFrom([]int{0, 1, 3, 60}).Draw(t, "findings") {
			f := gate.Finding{Metric: c.Metric, Segment: segment(), Rows: count(), Positives: count() - 1, Champion: value(), Challenger: value(),
				Difference: float(), StandardError: math.Abs(float()), Interval: [2]float64{float(), float()}, IntervalLevel: probability(), Method: text(),
				Confidence: probability(), PValue: probability(), RowsNeeded: count(), RowsNeededRange: [2]int{count(), count()}, Smallest: math.Abs(float()), Tell: gate.Tell{Smallest: float(), Rows: count(), Range: [2]int{count(), count()}}, Needed: text(), Status: status(), Reason: text(),
				Warnings: []string{text()}}
			f.Conditions = []gate.ConditionFinding{{Condition: gate.Condition{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Limit: metrics.MustDecimal("0.05")},
				Margin: float(), StandardError: math.Abs(float()), Lower: float(), Upper: float(), PValue: probability(), RowsNeeded: count(), RowsNeededRange: [2]int{count(), 0}, Smallest: math.Abs(float()), Status: status(), Reason: text()}}
			c.Findings = append(c.Findings, f)
		}
		all = append(all, c)
	}
	return all
}

func checkConsole(t *rapid.T, r *loop.Report) {
	for m := loop.Began; m <= loop.Ended; m++ {
		text := Console(m, r, Style{})
		if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c == '\u202E' }) {
			t.Fatalf("a control character at moment %d: %q", m, text)
		}
	}
}

var (
	fenceMark = regexp.MustCompile("^(`{3,})$")
	tags      = regexp.MustCompile(`<[^>\n]*>`)
	ours      = map[string]bool{
		"<code>": true, "</code>": true, "<!-- -->": true,
		"<br>": true, "<details>": true, "</details>": true, "<summary>": true, "</summary>": true,
	}
)

// checkPage reads the page as GitHub does: fences, tables, tags.
func checkPage(t *rapid.T, page string) {
	if len(page) >= 64<<10 {
		t.Fatalf("%d bytes", len(page))
	}
	if !strings.HasPrefix(page, "## ") {
		t.Fatalf("no verdict in the first line: %q", page[:80])
	}
	columns, folds := 0, 0
	lines, closed := outsideFences(page)
	for _, line := range lines {
		for _, tag := range tags.FindAllString(line, -1) {
			if !ours[tag] {
				t.Fatalf("tag %q in %q", tag, line)
			}
		}
		folds += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		columns = checkLine(t, line, columns)
	}
	if !closed || folds != 0 {
		t.Fatalf("left open: a fence %v, %d details", !closed, folds)
	}
}

// outsideFences are the lines of a page that no fence keeps from being
// Markdown, and whether each fence is closed.
func outsideFences(page string) (lines []string, closed bool) {
	open := ""
	for line := range strings.SplitSeq(page, "\n") {
		mark := fenceMark.FindString(line)
		switch {
		case mark != "" && open == "":
			open = mark
		case mark != "" && len(mark) >= len(open):
			open = ""
		case open == "":
			lines = append(lines, line)
		}
	}
	return lines, open == ""
}

// checkLine counts the bars of a table's row: as many as in the row before.
func checkLine(t *rapid.T, line string, columns int) int {
	bars := strings.Count(line, "|")
	switch {
	case !strings.HasPrefix(line, "|") && bars > 0:
		t.Fatalf("a bar outside a table: %q", line)
	case columns > 0 && bars > 0 && bars != columns:
		t.Fatalf("%d bars, the row before has %d: %q", bars, columns, line)
	}
	return bars
}

// TestHuge fills a report with more than a page can hold: the page stays
// under its size, keeps what comes first, and says that there is more.
func TestHuge(t *testing.T) {
	t.Parallel()
	r := hostile(t)
	huge := strings.Repeat("&<|", 2000)
	for range 200 {
		r.Warnings = append(r.Warnings, huge)
		r.Requests = append(r.Requests, huge)
		r.Triggers.Errors = append(r.Triggers.Errors, errors.New(huge+"\n"+huge))
	}
	for _, outcome := range []loop.Outcome{loop.Flagged, loop.Failed} {
		r.Outcome, r.Err = outcome, errors.Join(r.Triggers.Errors...)
		page := Markdown(r)
		if len(page) >= 64<<10 {
			t.Errorf("%s: %d bytes", outcome, len(page))
		}
		wanted := []string{"\nand 1", "\n- ⚠️ ", "\n- and 1"}
		if outcome == loop.Failed {
			wanted = []string{"And 150 more.", "Left out for length: "}
		}
		for _, want := range wanted {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q", outcome, want)
			}
		}
	}
}

// TestManyRows caps a list of short lines by their number.
func TestManyRows(t *testing.T) {
	t.Parallel()
	r := &loop.Report{Notices: make([]string, mostRows+12)}
	for i := range r.Notices {
		r.Notices[i] = "short"
	}
	if page := Markdown(r); strings.Count(page, "short") != mostRows || !strings.Contains(page, "\n- and 12 more\n") {
		t.Errorf("want %d rows and 12 more:\n%s", mostRows, page)
	}
}

// TestEscape shows what each kind of text becomes.
func TestEscape(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", mostText+1)
	for _, test := range []struct {
		name      string
		how       func(string) string
		text, got string
	}{
		{"table", plain, "a|b\nc", "a&#124;b c"},
		{"html", plain, "<b>&amp;", "&lt;b&gt;&amp;amp;"},
		{"markdown", plain, "*a* _b_ [c] `d` ~e~ \\", "\\*a\\* \\_b\\_ \\[c\\] \\`d\\` \\~e\\~ \\\\"},
		{"mention", plain, "@octocat #1", `@<!-- -->octocat \#<!-- -->1`},
		{"links", plain, "https://x www.y", "https:<!-- -->//x www<!-- -->.y"},
		{"other reference", plain, "GH-1 gh-27-ct high-class", "GH<!-- -->-1 gh<!-- -->-27-ct high-class"},
		{"invisible", plain, "a\u202Eb\x1bc\u200Bd\xff", "a\uFFFDb\uFFFDc\uFFFDd\uFFFD"},
		{"list", plain, "- a", `\- a`},
		{"numbered list", plain, "12. a", `12\. a`},
		{"number", plain, "0.8312", "0.8312"},
		{"long", plain, long, long[:mostText-1] + "…"},
		{"code", code, "a_b*c", "`a_b*c`"},
		{"code with a bar", code, "a|`b", "<code>a&#124;\\`b</code>"},
		{"no code", code, "\n", ""},
		{"fence", func(s string) string { return fence(s) }, "a ```` b", "`````\na ```` b\n`````"},
		{"link", func(s string) string { return link("l", s) }, "https://h/#/a b)|?x=1&y", "[l](https://h/#/a%20b%29%7C?x=1&amp;y)"},
		{"script", func(s string) string { return link("l", s) }, "javascript:alert(1)", "l"},
		{"credentials", func(s string) string { return link("l", s) }, "https://u:p@h/", "l"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.how(test.text); got != test.got {
				t.Errorf("%q becomes %q, want %q", test.text, got, test.got)
			}
		})
	}
}
