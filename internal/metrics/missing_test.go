package metrics

import (
	"strings"
	"testing"
)

// TestMissingLabel knows what pandas reads as missing without being told
// (pandas._libs.parsers.STR_NA_VALUES of 3.1.1), what float and time columns write as
// text, and R, Hive and SAS; and nothing else.
func TestMissingLabel(t *testing.T) {
	t.Parallel()
	const pandas = "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null"
	for text := range strings.SplitSeq(pandas+`|NAN|+nan|NaT|.|\N| NA |  `, "|") {
		if !MissingLabel(text, "1") {
			t.Errorf("%q is no missing label", text)
		}
		if MissingLabel(text, text) != (strings.TrimSpace(text) == "") {
			t.Errorf("%q is not the class that it is said to be", text)
		}
	}
	for text := range strings.SplitSeq("0|1|-1|1.0|-1.5|no|No|none|No answer|not a number|nanna|inf|-inf|Infinity|..|n|N|na na|-|?|0.1234567890", "|") {
		if MissingLabel(text, "1") {
			t.Errorf("%q is a missing label", text)
		}
	}
}

// TestMissing has no word for a missing value pass as a group or a target.
func TestMissing(t *testing.T) {
	t.Parallel()
	c := categoryOf([]string{"a", "NaN", "b", " NA", ""})
	err := c.Filled("group-column")
	if err == nil {
		t.Fatal("missing groups pass")
	}
	expect(t, err.Error(), "is blank or missing in rows 2, 4, 5: expected a text in every row")
	_, err = categoryOf([]string{"0.5", "nan", "1"}).Numbers()
	if err == nil {
		t.Fatal("missing targets pass")
	}
	expect(t, err.Error(), `label missing in 1 of 3 rows ("nan" in row 2)`)
}
