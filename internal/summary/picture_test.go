package summary

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A pictured check is what the documents say of a row.
type pictured struct {
	Name, Metric, Status string
	DryRun               bool `json:"dry_run"`
	Segment              map[string]string
	Champion, Difference *float64
	Interval             []float64
	Confidence           *float64
	Conditions           []struct{ Kind, Bound string }
}

// lessIsBetter is written down here once more, so that a sign which the program
// gets wrong shows.
var lessIsBetter = []string{"brier", "ece", "log_loss", "mae", "mape", "rmse"}

// bounds are the changes that a check's conditions ask for, of those that the
// interval of the change decides.
func (c pictured) bounds(t *testing.T) (all []float64) {
	t.Helper()
	for _, one := range c.Conditions {
		bound, err := strconv.ParseFloat(one.Bound, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case one.Kind == "threshold", strings.Contains(one.Kind, "relative") && c.Confidence != nil:
			continue
		case strings.Contains(one.Kind, "relative"):
			bound *= math.Abs(*c.Champion)
		}
		if slices.Contains(lessIsBetter, c.Metric) != strings.HasPrefix(one.Kind, "max-") {
			bound = -bound
		}
		all = append(all, bound)
	}
	return all
}

// pictures are the rows of a summary that have an interval.
var pictures = regexp.MustCompile("(?m)^\\|.*\\| (?:`([·├─●┤┊0Ø]+)`<br>)?([+−][0-9.]+) … ([+−][0-9.]+)(?: \\([0-9.]+%\\))? \\|.*\\| ([^|]*) \\|$")

// TestPictures holds every row of every golden summary that has an interval to
// the document beside it: the ends, the order of the marks, whether a bound is
// drawn and where, and the word for how it went.
func TestPictures(t *testing.T) {
	t.Parallel()
	var rows int
	for _, pattern := range []string{"testdata/*/document.json", "../../scenarios/testdata/judge*/want/console.txt", "../../scenarios/testdata/judge*/want/*/console.txt"} {
		documents, err := filepath.Glob(pattern)
		if err != nil || len(documents) == 0 {
			t.Fatalf("%s: %v, %v", pattern, documents, err)
		}
		for _, path := range documents {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var d struct{ Checks []pictured }
			if err := json.Unmarshal(content, &d); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			page, err := os.ReadFile(filepath.Join(filepath.Dir(path), "summary.md"))
			if err != nil {
				t.Fatal(err)
			}
			rows += held(t, path, string(page), d.Checks)
		}
	}
	if rows < 50 {
		t.Errorf("%d rows were looked at, expected the goldens to have more", rows)
	}
}

// held compares the rows in their order: all rows, then each check's segments,
// those that did not pass first.
func held(t *testing.T, path, page string, checks []pictured) int {
	t.Helper()
	shown := pictures.FindAllStringSubmatch(page, -1)
	if len(shown) == 0 { // a release or a failure has no table
		return 0
	}
	var wanted []pictured
	for _, pass := range []func(c pictured) bool{
		func(c pictured) bool { return c.Segment == nil },
		func(c pictured) bool { return c.Segment != nil && c.Status != "passed" },
		func(c pictured) bool { return c.Segment != nil && c.Status == "passed" },
	} {
		for _, c := range checks {
			if c.Interval != nil && pass(c) {
				wanted = append(wanted, c)
			}
		}
	}
	if len(shown) != len(wanted) {
		t.Errorf("%s: %d intervals in the summary, %d in the document", path, len(shown), len(wanted))
		return 0
	}
	for i, c := range wanted {
		track, word := shown[i][1], shown[i][4]
		for j, text := range shown[i][2:4] {
			_, decimals, _ := strings.Cut(text, ".")
			if got, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64); err != nil || math.Abs(got-c.Interval[j]) > 0.51*math.Pow10(-len(decimals)) {
				t.Errorf("%s: %s: end %s, the document has %v", path, c.Name, text, c.Interval[j])
			}
		}
		if status := strings.ReplaceAll(strings.Replace(c.Status, "absent", "no evidence", 1), "_", " "); !strings.HasSuffix(word, status) && word != "reported" {
			t.Errorf("%s: %s: %q, the document has %s", path, c.Name, word, status)
		}
		values := map[rune]float64{'0': 0, 'Ø': 0, '├': c.Interval[0], '●': *c.Difference, '┤': c.Interval[1]}
		bounds := c.bounds(t)
		switch drawn := strings.ContainsAny(track, "┊Ø"); {
		case drawn && len(bounds) == 0:
			t.Errorf("%s: %s: %s has a bound that decides nothing", path, c.Name, track)
		case len(bounds) == 0:
		case bounds[0] == 0 && strings.Contains(track, "┊"), bounds[0] != 0 && strings.Contains(track, "Ø"):
			t.Errorf("%s: %s: %s, the bound is %v", path, c.Name, track, bounds[0])
		case !drawn && (bounds[0] < c.Interval[0] || bounds[0] > c.Interval[1]):
			t.Errorf("%s: %s: %s hides the bound %v", path, c.Name, track, bounds[0])
		default:
			values['┊'] = bounds[0]
		}
		last := math.Inf(-1)
		for _, sign := range track {
			if at, ok := values[sign]; ok {
				if at < last {
					t.Errorf("%s: %s: %s is out of order: %v", path, c.Name, track, values)
				}
				last = at
			}
		}
	}
	return len(wanted)
}
