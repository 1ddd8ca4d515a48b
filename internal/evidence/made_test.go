package evidence_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/evidence"
	"github.com/org/ct-action/internal/gate"
	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
)

type object = map[string]any

// made is the file that an engine would write of the rows: the sums as
// docs/evidence.md defines them, by the plainest loops. width 0 lists the scores
// themselves.
func made(s metrics.Sample, width float64) []byte {
	segment := object{"segment": object{}, "rows": s.Rows, "losses": madeLosses(s)}
	if s.Task == metrics.Binary {
		positives := 0
		var cells, says [][]float64
		for i, positive := range s.Positive {
			y := 0.0
			if positive {
				y, positives = 1, positives+1
			}
			a, b := s.Champion.Values[i], s.Challenger.Values[i]
			says = append(says, []float64{y, yes(a >= 0.5), yes(b >= 0.5), 1})
			if width > 0 {
				a, b = math.Round(a/width), math.Round(b/width)
			}
			cells = append(cells, []float64{y, a, b, 1})
		}
		segment["positives"], segment["joint_histogram"] = positives, cells
		segment["confusion"] = object{"decision_threshold": 0.5, "counts": says}
	}
	document := object{"schema": 1, "task": s.Task.String(), "segments": []any{segment}}
	if width > 0 {
		document["bins"] = object{"kind": "width", "width": width}
	}
	data, err := json.Marshal(document)
	if err != nil {
		panic(err)
	}
	return data
}

func yes(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

const least = 1.0 / (1 << 52) // scikit-learn's clip

func clipped(p float64) float64 { return -math.Log(min(max(p, least), 1-least)) }

// rowLosses are the losses of a row whose mean a metric is.
func rowLosses(s metrics.Sample, p metrics.Predictions, i int) map[string]float64 {
	switch s.Task {
	case metrics.Binary:
		miss := math.Abs(yes(s.Positive[i]) - p.Values[i])
		return map[string]float64{"brier": miss * miss, "log_loss": clipped(1 - miss)}
	case metrics.Numeric:
		miss := math.Abs(p.Values[i] - s.Target[i])
		return map[string]float64{"mae": miss, "rmse": miss * miss, "mape": miss / max(math.Abs(s.Target[i]), least)}
	}
	best := metrics.Argmax(p.ByClass, i)
	return map[string]float64{"accuracy": yes(best == int(s.Class[i])), "log_loss": clipped(p.ByClass[s.Class[i]][i])}
}

func madeLosses(s metrics.Sample) object {
	losses := object{}
	for metric := range rowLosses(s, s.Champion, 0) {
		of := func(class bool) object {
			var champion, difference []float64
			for i := range s.Rows {
				if s.Task == metrics.Binary && s.Positive[i] != class {
					continue
				}
				a, b := rowLosses(s, s.Champion, i)[metric], rowLosses(s, s.Challenger, i)[metric]
				champion, difference = append(champion, a), append(difference, b-a)
			}
			return object{
				"champion": mean(champion), "difference": mean(difference), "var_champion": covariance(champion, champion),
				"var_difference": covariance(difference, difference), "cov_difference_champion": covariance(difference, champion),
			}
		}
		losses[metric] = of(false)
		if s.Task == metrics.Binary {
			losses[metric] = object{"negatives": of(false), "positives": of(true)}
		}
	}
	return losses
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / max(1, float64(len(x)))
}

func covariance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - mean(x)) * (y[i] - mean(y))
	}
	return sum / max(1, float64(len(x)-1))
}

// samples of a task, small enough for one class, for 0/0 and for perfect models
// to come up; scores of few digits, so that they tie.
func samples(task metrics.Task) *rapid.Generator[metrics.Sample] {
	return rapid.Custom(func(t *rapid.T) metrics.Sample {
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		s := metrics.Sample{Task: task, Rows: n}
		score := rapid.Map(rapid.IntRange(0, 40), func(k int) float64 { return float64(k) / 40 })
		scores := func(name string) []float64 { return rapid.SliceOfN(score, n, n).Draw(t, name) }
		switch task {
		case metrics.Binary:
			s.Positive = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
			s.Champion.Values, s.Challenger.Values = scores("champion"), scores("challenger")
		case metrics.Numeric:
			s.Target = scores("target")
			for i := range s.Target {
				s.Target[i]++ // against 0 a MAPE has no digits left for a difference
			}
			s.Champion.Values, s.Challenger.Values = scores("champion"), scores("challenger")
		default:
			s.Classes = []string{"a", "b", "c"}
			s.Class = rapid.SliceOfN(rapid.Uint32Range(0, 2), n, n).Draw(t, "class")
			for _, p := range []*metrics.Predictions{&s.Champion, &s.Challenger} {
				p.ByClass = [][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
				for i, x := range scores("first") {
					p.ByClass[0][i], p.ByClass[1][i], p.ByClass[2][i] = x, (1-x)*0.6, (1-x)*0.4
				}
			}
		}
		return s
	})
}

// summed names the metrics that sums answer for a task.
func summed(task metrics.Task) (names []string) {
	for _, m := range metrics.Metrics() {
		if m.Summed(task) || task == metrics.Binary && (m.Decision || m.Name == "auc") {
			names = append(names, m.Name)
		}
	}
	return names
}

// TestAsMeasured holds every metric that sums answer, of every task, to what
// paired.Measure makes of the rows: values, absence, standard errors.
func TestAsMeasured(t *testing.T) {
	t.Parallel()
	for task, least := range map[metrics.Task]int{metrics.Binary: 9, metrics.Numeric: 3, metrics.Multiclass: 2} {
		names := summed(task)
		if len(names) < least {
			t.Fatalf("sums answer %v of a %s model, expected at least %d metrics", names, task, least)
		}
		t.Run(task.String(), func(t *testing.T) {
			t.Parallel()
			s := schema(t)
			rapid.Check(t, func(r *rapid.T) {
				sample := samples(task).Draw(r, "sample")
				data := made(sample, 0)
				e, err := evidence.Parse("made", data)
				if err != nil {
					r.Fatal(err)
				}
				valid(t, s, "made", data)
				for _, name := range names {
					m, _ := metrics.Lookup(name)
					half := metrics.MustDecimal("0.5")
					expectEstimate(r, name, e.Estimate(gate.Requirement{Metric: name, DecisionThreshold: half}, gate.Segment{}),
						paired.Measure(m, sample, half))
				}
			})
		})
	}
}

func expectEstimate(t *rapid.T, name string, got, want paired.Estimate) {
	t.Helper()
	for _, v := range [][2]metrics.Value{{got.Champion, want.Champion}, {got.Challenger, want.Challenger}} {
		if v[0].Present() != v[1].Present() || (v[0].Reason() == "") != (v[1].Reason() == "") {
			t.Errorf("%s: present %v %q, from rows %v %q", name, v[0].Present(), v[0].Reason(), v[1].Present(), v[1].Reason())
			return
		}
		if !v[0].Present() {
			return
		}
		rounding := 1e-13 * max(1, want.Champion.Float64()) // of champion + difference
		if !close(v[0].Float64(), v[1].Float64()) && !(math.Abs(v[0].Float64()-v[1].Float64()) <= rounding) {
			t.Errorf("%s: %v, from rows %v", name, v[0], v[1])
		}
	}
	if got.Rows != want.Rows || got.Positives != want.Positives {
		t.Errorf("%s: %d rows, %d positives; from rows %d, %d", name, got.Rows, got.Positives, want.Rows, want.Positives)
	}
	for _, k := range []int64{0, 1} {
		a, b := got.Contrast(1, big.NewRat(k, 1), new(big.Rat)), want.Contrast(1, big.NewRat(k, 1), new(big.Rat))
		scale := max(1, math.Abs(got.Champion.Float64()), math.Abs(got.Challenger.Float64()))
		nothing := 1e-6 * scale // the root of the sums' rounding
		if a.StandardError <= nothing && b.StandardError <= nothing {
			continue
		}
		rounded := math.Abs(a.StandardError*a.StandardError-b.StandardError*b.StandardError) <= 1e-15*scale*scale // the variance, by that rounding
		if !rounded && (!close(a.StandardError, b.StandardError) || !close(a.Freedom, b.Freedom)) {
			t.Errorf("%s, k %d: standard error %v with %v, from rows %v with %v (%s)", name, k, a.StandardError, a.Freedom, b.StandardError, b.Freedom, fmt.Sprint(want.Method))
		}
	}
}

// close is within what the page promises.
func close(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || a == b || math.Abs(a-b) <= 1e-9*math.Abs(b)
}

// TestBins holds binned scores to the scores themselves.
func TestBins(t *testing.T) {
	t.Parallel()
	auc, _ := metrics.Lookup("auc")
	rapid.Check(t, func(r *rapid.T) {
		sample := samples(metrics.Binary).Draw(r, "sample")
		width := rapid.SampledFrom([]float64{0.9, 0.25, 1.0 / 16, 1.0 / 64}).Draw(r, "width")
		e, err := evidence.Parse("made", made(sample, width))
		if err != nil {
			r.Fatal(err)
		}
		binned, exact := e.Estimate(gate.Requirement{Metric: "auc"}, gate.Segment{}), paired.Measure(auc, sample, metrics.Decimal{})
		if binned.Champion.Present() != exact.Champion.Present() {
			r.Fatal(binned.Champion.Reason())
		}
		if exact.Champion.Present() {
			expectWider(r, "auc", binned, exact)
		}
	})
}
