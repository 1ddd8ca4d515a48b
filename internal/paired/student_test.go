package paired

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestStudent holds quantiles and tails to scipy's (testdata/make_student.py).
func TestStudent(t *testing.T) {
	t.Parallel()
	type quantile struct{ Tail, Freedom, Quantile float64 }
	var file struct{ Student, Normal []quantile }
	content, err := os.ReadFile("testdata/student.json")
	if err == nil {
		err = json.Unmarshal(content, &file)
	}
	if err != nil || len(file.Student) < 100 || len(file.Normal) < 10 {
		t.Fatalf("%d and %d cases, %v", len(file.Student), len(file.Normal), err)
	}
	for i := range file.Normal {
		file.Normal[i].Freedom = math.Inf(1)
	}
	for _, q := range append(file.Student, file.Normal...) {
		got := studentQuantile(q.Tail, q.Freedom)
		if !(math.Abs(got-q.Quantile) <= 1e-11*math.Max(1, math.Abs(q.Quantile))) {
			t.Errorf("quantile of tail %g, freedom %g: %.16g, scipy says %.16g", q.Tail, q.Freedom, got, q.Quantile)
		}
		if tail := studentTail(q.Quantile, q.Freedom); !(math.Abs(tail-q.Tail) <= 1e-10*q.Tail) {
			t.Errorf("tail of %g, freedom %g: %.16g, scipy says %.16g", q.Quantile, q.Freedom, tail, q.Tail)
		}
	}
}

func TestStudentOfNothing(t *testing.T) {
	t.Parallel()
	for _, got := range []float64{
		studentTail(math.NaN(), 3), studentTail(1, 0), studentTail(1, math.NaN()),
		studentQuantile(0, 3), studentQuantile(1, 3), studentQuantile(math.NaN(), 3), studentQuantile(0.05, 0),
	} {
		if !math.IsNaN(got) {
			t.Errorf("got %g, expected NaN", got)
		}
	}
}
