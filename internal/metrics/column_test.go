package metrics

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, column, class string // column: labels separated by |
		want                string // + and -, or the error's text
	}{
		{"numbers", "1|0|1.0|0.0|1e0|-0", "1", "+-+-+-"},
		{"texts", "yes| no |no| yes", "yes", "+--+"},
		{"positive class as a number", "0|1", "1.0", "-+"},
		{"positive class with blanks", "no|yes", " yes ", "-+"},
		{"booleans", "True|False", "True", "+-"},
		{"case matters", "Yes|No", "yes", "no label is the positive class \"yes\": the classes are \"No\" (1), \"Yes\" (1)\nset positive-class"},
		{"most frequent first", "b|a|a", "1", `"a" (2), "b" (1)`},
		{"only negatives", "0|0", "1", "--"},
		{"only positives", "1|1.0", "1", "++"},
		{"no rows", "", "1", ""},
		{"three classes", "0|1|2", "1", `3 classes in the label column: "0" (1), "1" (1), "2" (1)`},
		{"missing is no class", "1|NA|1|NaN", "1", `label missing in 2 of 4 rows ("NA" in rows 2, 4): expected a class in every row`},
		{"missing among blanks", "1||NA|0", "1", `label missing in 2 of 4 rows ("NA" in row 3, and blank in row 2)`},
		{"missing as the other class", "churn|None", "churn", `label missing in 1 of 2 rows ("None" in row 2)`},
		{"said to be the class", "None|some", "None", "+-"},
		{"not so by another word", "None|NA", "None", `("NA" in row 2)`},
		{"many classes", "a|b|c|d|e|f|g", "a", `"e" (1), and 2 more`},
		{"blank", "1||0| ", "1", "blank label in rows 2, 4: expected"},
		{"one blank", "1| |0", "1", "blank label in row 2:"},
		{"many blanks", "|||||||", "1", "rows 1, 2, 3, 4, 5 and 3 more"},
		{"huge label", strings.Repeat("x", 5000) + "|1|2", "1", strings.Repeat("x", 39) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var column []string
			if test.column != "" {
				column = strings.Split(test.column, "|")
			}
			got, err := Labels(column, test.class)
			if err != nil {
				expect(t, err.Error(), test.want)
				return
			}
			if signs := signs(got); signs != test.want {
				t.Errorf("got %q, want %q", signs, test.want)
			}
		})
	}
}

func signs(positive []bool) string {
	var b strings.Builder
	for _, p := range positive {
		b.WriteString(map[bool]string{true: "+", false: "-"}[p])
	}
	return b.String()
}

func expect(t *testing.T, text, want string) {
	t.Helper()
	if want == "" || !strings.Contains(text, want) || len(text) > 400 {
		t.Errorf("got error %q, want %q", text, want)
	}
}

func TestScores(t *testing.T) {
	t.Parallel()
	got, err := Scores([]string{" 0.5", "1e-3", "-2", "Inf", "1e999", "NaN"})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0.5, 0.001, -2, math.Inf(1), math.Inf(1)}
	if !slices.Equal(got[:5], want) || !math.IsNaN(got[5]) {
		t.Errorf("got %v", got)
	}
	_, err = Scores([]string{"0.1", "", "high", "0,5", " "})
	if err == nil {
		t.Fatal("no error")
	}
	expect(t, err.Error(), "blank score in rows 2, 5: expected")
	expect(t, err.Error(), `no number in rows 3, 4 (the first is "high")`)
}

func TestRowsAreCapped(t *testing.T) {
	t.Parallel()
	column := make([]string, 100_000)
	for i := range column {
		column[i] = fmt.Sprintf("bad %d", i)
	}
	_, err := Scores(column)
	if err == nil {
		t.Fatal("no error")
	}
	expect(t, err.Error(), "rows 1, 2, 3, 4, 5 and 99995 more")
	_, err = Labels(column, "1")
	if err == nil {
		t.Fatal("no error")
	}
	expect(t, err.Error(), "and 99995 more")
}

func TestClassesOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ column, classes, codes string }{
		{"10|9|1.0| 1 |1e1", "[1 9 10]", "[2 1 0 0 2]"}, // by value
		{"10|9|a", "[10 9 a]", "[0 1 2]"},               // by bytes
		{"b|a|inf|1", "[1 a b inf]", "[2 1 3 0]"},
		{"-0|0|-1", "[-1 0]", "[1 1 0]"},
	} {
		c := categoryOf(strings.Split(test.column, "|"))
		c.Texts = append(c.Texts, "unused", "") // texts that no row has are no class
		codes, classes, err := ClassesOf(c)
		if err != nil || fmt.Sprint(classes) != test.classes || fmt.Sprint(codes) != test.codes {
			t.Errorf("%s: %v %v, %v, want %s %s", test.column, classes, codes, err, test.classes, test.codes)
		}
		if _, err := LabelsOf(categoryOf([]string{"1", ""}), "1"); err == nil {
			t.Error("no error for a blank label")
		}
	}
	_, _, err := ClassesOf(categoryOf([]string{"a", " ", "b", ""}))
	if err == nil {
		t.Fatal("no error")
	}
	expect(t, err.Error(), "blank label in rows 2, 4: expected a class in every row")
}
