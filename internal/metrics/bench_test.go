package metrics

import "testing"

func BenchmarkMeasure(b *testing.B) {
	positive, scores := generate(4, 1_000_000, 1_000_000, 300)
	s := Sample{Task: Binary, Rows: len(scores), Positive: positive}
	for _, name := range []string{"average_precision", "ece", "f1", "log_loss"} {
		m, _ := Lookup(name)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Measure(m, s, Predictions{Values: scores}, half)
			}
		})
	}
}
