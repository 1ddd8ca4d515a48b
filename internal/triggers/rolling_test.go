package triggers

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRollingAUC(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                     string
		labels, scores, versions string // cells separated by |; no versions: no such column
		class                    string
		rows                     int
		auc                      string // the fraction, or why it is absent
		err                      string
	}{
		{"all matured", "1|0|1|0", ".9|.1|.4|.5", "", "1", 4, "3/4", ""},
		{"a tie", "1|0", ".5|.5", "", "1", 2, "1/2", ""},
		{"blank labels have not matured", "1||0| ", ".9|.5|.1|.7", "", "1", 2, "1", ""},
		{"what they hold does not matter", "1||0|", ".9|NaN|.1|high", "", "1", 2, "1", ""},
		{"nor have missing ones", "1|NA|0|NaN|null", ".9|.5|.1|high|.7", "", "1", 2, "1", ""},
		{"none matured", "||", ".1|.2|.3", "", "1", 0, "no labelled rows", ""},
		{"no rows", "", "", "", "1", 0, "no labelled rows", ""},
		{"one class", "0|0|0", ".1|.2|.3", "", "1", 3, "one class only: none of the 3 rows is positive", ""},
		{"the other class", "1|1", ".1|.2", "", "1", 2, "one class only: all 2 rows are positive", ""},
		{"classes with names", "yes|no", ".2|.1", "", "yes", 2, "1", ""},
		{"one class with another name", "no|no", ".2|.1", "", "1", 2, "one class only: none of the 2 rows is positive", ""},
		{"the champion's rows", "1|0|1|0", ".1|.9|.9|.1", "6|6|7|7", "1", 2, "1", ""},
		{"spellings of the version", "1|0|1|0|1", ".9|.1|.9|.1|.9", "7|v7| V7 |7.0|v7.0", "1", 5, "1", ""},
		{"not the version", "1|0|1|0|1|0", ".9|.1|.9|.1|.9|.1", "77|70|7.5||17|7.00", "1", 0, "no labelled rows", ""},
		{"broken rows of another version", "1|0|x", ".9|.1|high", "7|7|6", "1", 2, "1", ""},
		{"three classes", "1|0|2", ".1|.2|.3", "", "1", 3, "3 classes in the label column", ""},
		{"a regression", "1.5|0.25|2|-7", "1|high||NaN", "", "1", 4, "4 classes in the label column", ""},
		{"no positive class", "a|b", ".1|.2", "", "1", 0, "", `no label is the positive class "1"`},
		{"scores out of range rank", "1|0", "12|-3", "", "1", 2, "1", ""},
		{"not a number", "|1|0|1", ".5|.9|NaN|.1", "", "1", 0, "", "score NaN in row 3: expected a finite number"},
		{"infinite", "|1|0", ".5|.9|-Inf", "", "1", 0, "", "score -Inf in row 3: expected a finite number"},
		{"too large", "|1|0", ".5|1e999|.1", "", "1", 0, "", "score +Inf in row 2: expected a finite number"},
		{"a text", "||1|0", "||high|.1", "", "1", 0, "", `no number in row 3 (the first is "high"): expected a score`},
		{"blank scores", "||1|0|1", "|.5||.1|", "", "1", 0, "", "blank score in rows 3, 5: expected a score"},
		{"rows of the file with versions", "1|0|1", ".5|.1|x", "6|7|7", "1", 0, "", "no number in row 3"},
		{"hostile score", "1|0", "0.1|\n::set-output name=promoted::true" + strings.Repeat("x", 5000), "", "1", 0, "", `no number in row 2 (the first is "\n::set-output`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := RollingAUC(cells(test.labels), cells(test.scores), cells(test.versions), "churn", "7", test.class)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || len(err.Error()) > 300 {
					t.Fatalf("got error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := r.AUC.Reason()
			if r.AUC.Present() {
				got = r.AUC.Rat().RatString()
			}
			if got != test.auc || r.Rows != test.rows {
				t.Errorf("AUC %s of %d rows, want %s of %d", got, r.Rows, test.auc, test.rows)
			}
		})
	}
}

// cells splits a column; an empty text is no column.
func cells(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "|")
}

// TestVersionSpellings: what names version 7 of churn, another version or
// model, or nothing.
func TestVersionSpellings(t *testing.T) {
	t.Parallel()
	const own, other, none = "own", "other", "none"
	for cell, want := range map[string]string{
		"7": own, "v7": own, "V7": own, " 7 ": own, "7.0": own, "v7.0": own, "version 7": own, "Version 7": own,
		"models:/churn/7": own, "churn/7": own, "churn:7": own, "churn v7": own, "models:/churn/v7": own, " models:/churn/7\t": own,
		"6": other, "v70": other, "8.0": other, "77": other, "models:/churn/77": other, "churn:6": other,
		"models:/pumps/7": other, "pumps/7": other, "churn-eu/7": other, "Churn/7": other, "a/churn/7": other, "models:/version/7": other,
		"": none, "champion": none, "@champion": none, "models:/churn@champion": none, "churn@7": none, "churn-7": none, "churn_7": none,
		"models:/churn": none, "models:/churn/latest": none, "models:/m-0123456789abcdef0123456789abcdef": none, "runs:/0123456789abcdef/model": none,
		"7.5": none, "7.00": none, "07": none, "0": none, "vv7": none, "+7": none, "-7": none, "v": none, ".0": none, "７": none, "7\n": own,
	} {
		version, isOwn := versionOf(cell, "churn")
		got := other
		switch {
		case version == "":
			got = none
		case isOwn && version == "7":
			got = own
		}
		if got != want {
			t.Errorf("%q: %s (version %q), want %s", cell, got, version, want)
		}
	}
}

// TestVersionWarnings: a spelling that nobody can tell is a warning, as it
// would silence the trigger for ever; another version's rows are none.
func TestVersionWarnings(t *testing.T) {
	t.Parallel()
	for versions, want := range map[string]string{
		"7|7|7": "", "6|6|v6": "", "models:/churn/6|6|6": "", "7|6|": "", "7|models:/pumps/1|6": "",
		"m-7|m-7|m-7":                    `none of 3 labelled rows is version 7; found "m-7"; expected 7, v7 or models:/churn/7`,
		"@champion|a\nb|6":               `none of 3 labelled rows is version 7; found "@champion", "a\nb"; expected`,
		"models:/pumps/7|6|6":            `none of 3 labelled rows is version 7; found "models:/pumps/7"; expected`,
		"||":                             `none of 3 labelled rows is version 7; 3 are blank; expected`,
		"7|7|models:/churn@champion":     `1 of 3 labelled rows name no version, and are left out: found "models:/churn@champion"; expected`,
		strings.Repeat("x", 9999) + "||": `found "xxx`,
	} {
		r, err := RollingAUC(cells("1|0|1"), cells(".9|.1|.8"), strings.Split(versions, "|"), "churn", "7", "1")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(r.Warnings, "|")
		if (got == "") != (want == "") || !strings.Contains(got, want) || strings.Contains(got, "\n") || len(got) > 400 || r.Labelled != 3 {
			t.Errorf("%.40q: %q of %d, want %q", versions, got, r.Labelled, want)
		}
	}
	if r, _ := RollingAUC(cells("|"), cells(".9|.1"), []string{"m-7", "m-7"}, "churn", "7", "1"); len(r.Warnings) > 0 {
		t.Errorf("rows without a label: %q", r.Warnings)
	}
	if r, _ := RollingAUC(cells("1|0"), cells(".9|.1"), []string{"m-7", "m-7"}, "churn", "", "1"); len(r.Warnings) > 0 {
		t.Errorf("without a champion: %q", r.Warnings)
	}
}

func TestRollingAUCOfUnequalColumns(t *testing.T) {
	t.Parallel()
	two, three := []string{"1", "0"}, []string{".1", ".2", ".3"}
	for _, columns := range [][3][]string{{two, three, nil}, {three, two, nil}, {two, two, three}, {two, two, {}}} {
		if r, err := RollingAUC(columns[0], columns[1], columns[2], "churn", "7", "1"); err == nil || r.AUC.Present() {
			t.Errorf("%v: %v, %v, want an error", columns, r, err)
		}
	}
}

// TestUnmaturedRowsChangeNothing: wherever they stand and whatever they hold.
func TestUnmaturedRowsChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		labels := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1"}), n, n).Draw(t, "labels")
		scores := rapid.SliceOfN(rapid.SampledFrom([]string{"0.1", "0.2", "0.25", "1"}), n, n).Draw(t, "scores")
		want, err := RollingAUC(labels, scores, nil, "churn", "7", "1")
		if err != nil {
			t.Fatal(err)
		}
		var moreLabels, moreScores, versions []string
		for i := range labels {
			for range rapid.IntRange(0, 2).Draw(t, "rows between") {
				blank := rapid.Bool().Draw(t, "blank")
				moreLabels = append(moreLabels, map[bool]string{true: " ", false: "1"}[blank])
				versions = append(versions, map[bool]string{true: "7", false: "6"}[blank])
				moreScores = append(moreScores, rapid.SampledFrom([]string{"0.9", "", "NaN", "high"}).Draw(t, "score"))
			}
			moreLabels, moreScores, versions = append(moreLabels, labels[i]), append(moreScores, scores[i]), append(versions, "v7")
		}
		if n == 0 {
			versions = []string{}
		}
		got, err := RollingAUC(moreLabels, moreScores, versions, "churn", "7", "1")
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != want.Rows || got.AUC.Present() != want.AUC.Present() || !equal(got.AUC.Rat(), want.AUC.Rat()) {
			t.Fatalf("got %v of %d, want %v of %d", got.AUC.Rat(), got.Rows, want.AUC.Rat(), want.Rows)
		}
	})
}

func equal(a, b *big.Rat) bool { return a == b || (a != nil && b != nil && a.Cmp(b) == 0) }
