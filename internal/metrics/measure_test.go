package metrics

import (
	"encoding/json"
	"math"
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// measured is one case of testdata/metrics.json: rows that are listed, or how
// to make them, and what scikit-learn says (nil: it refuses, or NaN).
type measured struct {
	Name, Task, Cut  string
	Seed, WeightSeed uint64
	Rows, Classes    int
	Levels, Rate     uint64
	Labels           []int
	Class            []uint32
	Target, Scores   []float64
	RowScores        [][]float64
	Weights          []float64
	Want             map[string]*float64
}

// stream is Stream of make_fixtures.py, to the last bit.
type stream uint64

func (s *stream) next(below int) int {
	*s = *s*6364136223846793005 + 1442695040888963407
	return int(uint64(*s>>33) % uint64(below))
}

func (c measured) sample() (s Sample, p Predictions) {
	made := c.Rows > 0
	switch c.Task {
	case "binary":
		s.Task, p.Values = Binary, c.Scores
		if made {
			s.Positive, p.Values = generate(c.Seed, c.Rows, c.Levels, c.Rate)
		}
		for _, label := range c.Labels {
			s.Positive = append(s.Positive, label == 1)
		}
		s.Rows = len(s.Positive)
	case "continuous":
		s.Task, s.Target, p.Values = Numeric, c.Target, c.Scores
		if made {
			s.Target, p.Values = drawNumbers(c.Seed, c.Rows)
		}
		s.Rows = len(s.Target)
	case "multiclass":
		s.Task, s.Class = Multiclass, c.Class
		rows := c.RowScores
		if made {
			s.Class, rows = drawClasses(c.Seed, c.Rows, c.Classes)
		}
		s.Rows, s.Classes, p.ByClass = len(rows), strings.Split("abcdefghij", "")[:len(rows[0])], transposed(rows)
	}
	s.Weights = c.Weights
	if c.WeightSeed > 0 {
		s.Weights = drawWeights(c.WeightSeed, c.Rows)
	}
	return s, p
}

func transposed(rows [][]float64) [][]float64 {
	columns := make([][]float64, len(rows[0]))
	for _, row := range rows {
		for k, x := range row {
			columns[k] = append(columns[k], x)
		}
	}
	return columns
}

func drawWeights(seed uint64, rows int) (weights []float64) {
	next := stream(seed)
	for range rows {
		weights = append(weights, float64(next.next(17))/4)
	}
	return weights
}

func drawNumbers(seed uint64, rows int) (target, predicted []float64) {
	next := stream(seed)
	for range rows {
		target = append(target, float64(next.next(1000)-500)/10)
	}
	for _, t := range target {
		predicted = append(predicted, t+float64(next.next(2001)-1000)/128)
	}
	return target, predicted
}

func drawClasses(seed uint64, rows, classes int) (truth []uint32, scores [][]float64) {
	next := stream(seed)
	for range rows {
		is := next.next(classes)
		row := make([]float64, classes)
		for range 64 {
			if next.next(8) == 0 {
				row[is] += 1. / 64
			} else {
				row[next.next(classes)] += 1. / 64
			}
		}
		truth, scores = append(truth, uint32(is)), append(scores, row)
	}
	return truth, scores
}

// stricter are the cases where scikit-learn has a value, mostly with a warning,
// and ours is absent because the value says nothing of the model.
var stricter = map[string]string{
	"1 positive row/average_precision":              "one class only",
	"1 positive row/balanced_accuracy":              "one class only",
	"1 negative row/average_precision":              "one class only",
	"1 negative row/balanced_accuracy":              "one class only",
	"1 negative row/recall":                         "one class only",
	"no positive/average_precision":                 "one class only",
	"no positive/balanced_accuracy":                 "one class only",
	"no positive/recall":                            "one class only",
	"no positive, none predicted/average_precision": "one class only",
	"no positive, none predicted/balanced_accuracy": "one class only",
	"no positive, none predicted/f1":                "none is predicted so",
	"no positive, none predicted/precision":         "none is predicted so",
	"no positive, none predicted/recall":            "one class only",
	"no negative/average_precision":                 "one class only",
	"no negative/balanced_accuracy":                 "one class only",
}

func TestEveryMetricIsScikitLearns(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []measured }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	compared := map[string]int{}
	for _, c := range file.Cases {
		s, p := c.sample()
		for name, want := range c.Want {
			m, _ := Lookup(name)
			cut := Decimal{}
			if m.Decision && s.Task == Binary {
				cut = MustDecimal(c.Cut)
			}
			got := Measure(m, s, p, cut)
			key := c.Name + "/" + name
			if reason, ok := stricter[key]; ok {
				used[key] = true
				want = nil
				absent(t, got, reason)
			}
			compared[c.Task+" "+name]++
			if want == nil && got.Present() || want != nil && !close12(got.Float64(), *want) {
				t.Errorf("%s: %v %s, scikit-learn says %v", key, got.Float64(), got.Reason(), deref(want))
			}
		}
	}
	for key := range stricter {
		if !used[key] {
			t.Errorf("no case %s", key)
		}
	}
	for _, m := range Metrics() {
		for _, task := range m.Tasks {
			if compared[task.String()+" "+m.Name] < 5 {
				t.Errorf("%s of %s compared in %d cases only", m.Name, task, compared[task.String()+" "+m.Name])
			}
		}
	}
}

// close12 is 1e-12 relative to want. Where want is 0 or as good as (MCC of no
// relation, the log loss of certainty, which is ε), it is to the rounding of a
// single operation on numbers of the size of 1: 1e-15. NaN is not close.
func close12(got, want float64) bool {
	return math.Abs(got-want) <= math.Max(1e-12*math.Abs(want), 1e-15)
}

func deref(x *float64) any {
	if x == nil {
		return nil
	}
	return *x
}

// drawSample is a small random sample of a task, with many ties.
func drawSample(t *rapid.T, task Task) (s Sample, p Predictions) {
	n := rapid.IntRange(6, 30).Draw(t, "n")
	eighths := rapid.Map(rapid.IntRange(0, 8), func(n int) float64 { return float64(n) / 8 })
	s = Sample{Task: task, Rows: n}
	switch task {
	case Binary:
		s.Positive = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
		s.Positive[0], s.Positive[1] = true, false
		p.Values = rapid.SliceOfN(rapid.OneOf(eighths, rapid.Float64Range(0, 1)), n, n).Draw(t, "scores")
	case Numeric:
		s.Target = rapid.SliceOfN(rapid.Float64Range(-9, 9), n, n).Draw(t, "target")
		p.Values = rapid.SliceOfN(rapid.Float64Range(-9, 9), n, n).Draw(t, "predicted")
	case Multiclass:
		s.Classes = []string{"a", "b", "c"}
		s.Class = rapid.SliceOfN(rapid.Uint32Range(0, 2), n, n).Draw(t, "class")
		s.Class[0], s.Class[1], s.Class[2] = 0, 1, 2
		p.ByClass = make([][]float64, 3)
		for range n {
			a := rapid.IntRange(0, 8).Draw(t, "a")
			b := rapid.IntRange(0, 8-a).Draw(t, "b")
			for k, x := range []int{a, b, 8 - a - b} {
				p.ByClass[k] = append(p.ByClass[k], float64(x)/8)
			}
		}
	}
	return s, p
}

// taken is the sample of these rows.
func taken(s Sample, p Predictions, rows []uint32) (Sample, Predictions) {
	s.Rows = len(rows)
	s.Positive, s.Target, s.Class = pick(s.Positive, rows), pick(s.Target, rows), pick(s.Class, rows)
	s.Weights, p.Values = pick(s.Weights, rows), pick(p.Values, rows)
	byClass := make([][]float64, 0, len(p.ByClass))
	for _, column := range p.ByClass {
		byClass = append(byClass, pick(column, rows))
	}
	p.ByClass = byClass
	return s, p
}

// everyMetric runs f for each task and each of its metrics.
func everyMetric(t *testing.T, f func(t *rapid.T, m Metric, s Sample, p Predictions)) {
	for _, m := range Metrics() {
		for _, task := range m.Tasks {
			t.Run(m.Name+" "+task.String(), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					s, p := drawSample(t, task)
					f(t, m, s, p)
				})
			})
		}
	}
}

func agree(t *rapid.T, what string, a, b Value) {
	t.Helper()
	if a.Present() != b.Present() || a.Present() && !close12(a.Float64(), b.Float64()) {
		t.Fatalf("%v (%s), %s %v (%s)", a.Float64(), a.Reason(), what, b.Float64(), b.Reason())
	}
}

var half = MustDecimal("0.5")

func TestWeightsAreRepeatedRows(t *testing.T) {
	t.Parallel()
	everyMetric(t, func(t *rapid.T, m Metric, s Sample, p Predictions) {
		ones, repeated := s, []uint32{}
		ones.Weights, s.Weights = make([]float64, s.Rows), make([]float64, s.Rows)
		for i := range s.Rows {
			ones.Weights[i] = 1
			times := rapid.IntRange(0, 3).Draw(t, "times")
			if i < 3 {
				times++
			}
			s.Weights[i] = float64(times)
			for range times {
				repeated = append(repeated, uint32(i))
			}
		}
		plain := s
		plain.Weights = nil
		agree(t, "with weights of 1", Measure(m, plain, p, half), Measure(m, ones, p, half))
		rows, predictions := taken(plain, p, repeated)
		agree(t, "with rows repeated", Measure(m, s, p, half), Measure(m, rows, predictions, half))
	})
}

func TestOrderOfRowsIsNothing(t *testing.T) {
	t.Parallel()
	everyMetric(t, func(t *rapid.T, m Metric, s Sample, p Predictions) {
		order := make([]uint32, s.Rows)
		for i := range order {
			order[i] = uint32(i)
		}
		rows, predictions := taken(s, p, rapid.Permutation(order).Draw(t, "order"))
		a, b := Measure(m, s, p, half), Measure(m, rows, predictions, half)
		if a.Present() != b.Present() || a.Present() && a.Rat().Cmp(b.Rat()) != 0 {
			t.Fatalf("%v, in another order %v", a.Float64(), b.Float64())
		}
	})
}

func TestValueIsInTheMetricsRange(t *testing.T) {
	t.Parallel()
	everyMetric(t, func(t *rapid.T, m Metric, s Sample, p Predictions) {
		v := Measure(m, s, p, half)
		if !(v.Float64() >= m.Min && v.Float64() <= m.Max) {
			t.Fatalf("%v %s, expected from %v to %v", v.Float64(), v.Reason(), m.Min, m.Max)
		}
	})
}

func TestRankingsAreOfTheOrderOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, p := drawSample(t, Binary)
		s.Weights = rapid.SliceOfN(rapid.Float64Range(0.1, 5), s.Rows, s.Rows).Draw(t, "weights")
		mapped := Predictions{}
		for _, score := range p.Values {
			mapped.Values = append(mapped.Values, 8*score) // exact, hence strictly increasing
		}
		for _, name := range []string{"auc", "average_precision"} {
			m, _ := Lookup(name)
			a, b := Measure(m, s, p, half), Measure(m, s, mapped, half)
			if a.Rat().Cmp(b.Rat()) != 0 {
				t.Fatalf("%s %v, of eightfold scores %v", name, a.Float64(), b.Float64())
			}
		}
	})
}

func TestMeasureIsAbsent(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	two := []bool{true, false}
	good := Predictions{Values: []float64{.5, .25}}
	classes := Sample{Task: Multiclass, Rows: 2, Class: []uint32{0, 1}, Classes: []string{"a", "b"}}
	for _, test := range []struct {
		name, metric string
		s            Sample
		p            Predictions
		reason       string
	}{
		{"no task", "auc", Sample{Rows: 2, Positive: two}, good, `no metric "auc" of a model without a task`},
		{"other task", "rmse", Sample{Task: Binary, Rows: 2, Positive: two}, good, `no metric "rmse" of a binary`},
		{"no such metric", "gini", Sample{Task: Binary, Rows: 2, Positive: two}, good, `no metric "gini"`},
		{"no predictions", "f1", Sample{Task: Binary, Rows: 2, Positive: two}, Predictions{}, "no predictions"},
		{"no rows", "f1", Sample{Task: Binary}, Predictions{Values: []float64{}}, "no rows"},
		{"rows", "f1", Sample{Task: Binary, Rows: 3, Positive: two}, good, "2 labels for 3 rows"},
		{"scores", "f1", Sample{Task: Binary, Rows: 2, Positive: two}, Predictions{Values: []float64{1}}, "2 labels and 1 scores"},
		{"weights", "f1", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{1}}, good, "2 labels and 1 weights"},
		{"NaN score", "accuracy", Sample{Task: Binary, Rows: 2, Positive: two}, Predictions{Values: []float64{1, nan}}, "score NaN in row 2"},
		{"NaN weight", "mcc", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{1, nan}}, good, "weight NaN in row 2"},
		{"negative weight", "auc", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{-1, 1}}, good, "weight -1 in row 1"},
		{"infinite weight", "auc", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{1, inf}}, good, "weight +Inf in row 2"},
		{"weights 0", "brier", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{0, 0}}, good, "all weights are 0"},
		{"class of weight 0", "auc", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{1, 0}}, good, "one class only"},
		{"NaN target", "mae", Sample{Task: Numeric, Rows: 2, Target: []float64{nan, 1}}, good, "target NaN in row 1"},
		{"infinite prediction", "mae", Sample{Task: Numeric, Rows: 2, Target: []float64{1, 1}}, Predictions{Values: []float64{1, inf}}, "prediction +Inf in row 2"},
		{"overflow", "rmse", Sample{Task: Numeric, Rows: 2, Target: []float64{1e200, 1}}, good, tooLarge},
		{"overflow of R²", "r2", Sample{Task: Numeric, Rows: 2, Target: []float64{1e-150, 0}}, Predictions{Values: []float64{1e100, 1e100}}, tooLarge},
		{"one row weighs", "r2", Sample{Task: Numeric, Rows: 2, Target: []float64{1, 2}, Weights: []float64{1, 0}}, good, "one row only"},
		{"columns", "accuracy", classes, Predictions{ByClass: [][]float64{{1, 0}}}, "1 columns of scores for 2 classes"},
		{"class number", "accuracy", Sample{Task: Multiclass, Rows: 2, Class: []uint32{0, 2}, Classes: []string{"a", "b"}}, Predictions{ByClass: [][]float64{{1, 0}, {0, 1}}}, "class number 2 in row 2"},
		{"NaN of a class", "macro_f1", classes, Predictions{ByClass: [][]float64{{1, 0}, {0, nan}}}, `score of class "b" NaN in row 2`},
		{"sums", "log_loss", classes, Predictions{ByClass: [][]float64{{1, 1}, {0, 1}}}, "scores of row 2 add up to 2"},
		{"negative", "log_loss", classes, Predictions{ByClass: [][]float64{{1, -1}, {0, 1}}}, `score -1 of class "a" in row 2`},
		{"score above 1", "ece", Sample{Task: Binary, Rows: 2, Positive: two}, Predictions{Values: []float64{1, 1.5}}, "score 1.5 in row 2: expected a probability"},
		{"scores above 1", "log_loss", Sample{Task: Binary, Rows: 2, Positive: two, Weights: []float64{1, 1}}, Predictions{Values: []float64{-1, 1.5}}, "score -1 in row 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, _ := Lookup(test.metric)
			m.Name = test.metric
			absent(t, Measure(m, test.s, test.p, half), test.reason)
		})
	}
}

// Metrics are found by name, each is defined in one way for each task, and the
// package comment says how.
func TestEveryMetricIsDefined(t *testing.T) {
	t.Parallel()
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Metrics() {
		if got, ok := Lookup(m.Name); !ok || got.Name != m.Name {
			t.Errorf("%s is not found: metrics must be sorted by name", m.Name)
		}
		if !regexp.MustCompile(`(?m)^//\t([a-z0-9_]+, )*` + m.Name + `\b`).Match(comment) {
			t.Errorf("%s has no line in doc.go", m.Name)
		}
		if len(m.by) == 0 {
			t.Errorf("%s is defined for no task", m.Name)
		}
		for task, d := range m.by {
			if d.counted != nil == (d.loss != nil || d.value != nil) || d.counted != nil && task != Binary {
				t.Errorf("%s of %s: expected counts of a binary task, or a loss or value of any", m.Name, task)
			}
		}
	}
}

// A mean that is not representable must not make a constant target vary, as it
// does in numpy.
func TestConstantTargetIsConstant(t *testing.T) {
	t.Parallel()
	m, _ := Lookup("r2")
	s := Sample{Task: Numeric, Rows: 3, Target: []float64{.1, .1, .1}}
	if got := Measure(m, s, Predictions{Values: []float64{.2, .1, 0}}, Decimal{}); got.Float64() != 0 {
		t.Errorf("R² %v %s, expected 0", got.Float64(), got.Reason())
	}
}

func exactly(terms []float64) *big.Rat {
	sum := new(big.Rat)
	for _, x := range terms {
		sum.Add(sum, new(big.Rat).SetFloat64(x))
	}
	return sum
}

func TestTotalIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOf(rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1, 1))).Draw(t, "terms")
		var got total
		for _, x := range terms {
			got.add(x)
		}
		if want := exactly(terms); got.rat().Cmp(want) != 0 {
			t.Fatalf("%v, exactly %v", got.float(), want)
		}
	})
}

func TestBinsAreClosedOnTheRight(t *testing.T) {
	t.Parallel()
	for b := range Bins {
		edge := float64(b+1) / Bins
		if got := Bin(edge); got != b {
			t.Errorf("bin %d of edge %v, expected %d", got, edge, b)
		}
		if got := Bin(math.Nextafter(float64(b)/Bins, 2)); got != b {
			t.Errorf("bin %d above edge %v, expected %d", got, float64(b)/Bins, b)
		}
	}
	if Bin(0) != 0 {
		t.Errorf("bin %d of 0, expected 0", Bin(0))
	}
}
