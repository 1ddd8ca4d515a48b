package paired

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/org/ct-action/internal/metrics"
)

// Replicates of a bootstrap: 1000, and fewer where rows × replicates would
// exceed 2·10⁸, but never below 100.
const (
	mostReplicates  = 1000
	leastReplicates = 100
	mostDraws       = 200_000_000
)

// bootstrap is the covariance of both calibration errors over resamples of the rows
// (Efron 1979), drawn within each class, or of whole groups. The same seed gives
// the same digits.
func bootstrap(s metrics.Sample, seed uint64) ([]Part, string) {
	units, unit, strata := resampled(s)
	smallest := slices.MinFunc(strata, func(a, b []int32) int { return cmp.Compare(len(a), len(b)) })
	replicates := max(leastReplicates, min(mostReplicates, mostDraws/s.Rows))
	method := fmt.Sprintf("bootstrap, %d replicates", replicates)
	if s.Groups != nil {
		method = "cluster-robust, " + method
	}
	if len(smallest) < 2 {
		return nil, method
	}
	champion, challenger := statistic(s, s.Champion), statistic(s, s.Challenger)
	source := splitmix(seed)
	weights, drawn := make([]float64, s.Rows), make([]float64, units)
	a, b := make([]float64, 0, replicates), make([]float64, 0, replicates)
	for range replicates {
		source.draw(drawn, strata)
		for i := range weights {
			weights[i] = drawn[at(unit, i)] * weight(s.Weights, i)
		}
		x, y := champion(weights), challenger(weights)
		if !math.IsNaN(x) && !math.IsNaN(y) { // NaN: a class was not drawn
			a, b = append(a, x), append(b, y)
		}
	}
	if len(a) < leastReplicates/2 {
		return nil, method
	}
	return []Part{sampleCovariance(a, b, float64(min(len(smallest), len(a))-1))}, method
}

// resampled are the units that are drawn: how many, which one each row is of
// (nil: each row is its own), and the strata that they are drawn within.
func resampled(s metrics.Sample) (units int, unit []int32, strata [][]int32) {
	if s.Groups != nil {
		unit, units = groupOf(s.Groups)
		all := make([]int32, units)
		for u := range all {
			all[u] = int32(u)
		}
		return units, unit, [][]int32{all}
	}
	strata = make([][]int32, max(2, len(s.Classes)))
	for i := range s.Rows {
		class := 0
		if s.Task == metrics.Multiclass {
			class = int(s.Class[i])
		} else if s.Positive[i] {
			class = 1
		}
		strata[class] = append(strata[class], int32(i))
	}
	return s.Rows, nil, slices.DeleteFunc(strata, func(of []int32) bool { return len(of) == 0 })
}

func at(unit []int32, i int) int {
	if unit == nil {
		return i
	}
	return int(unit[i])
}

func sampleCovariance(a, b []float64, freedom float64) Part {
	var meanA, meanD float64
	n := float64(len(a))
	for i := range a {
		meanA, meanD = meanA+a[i]/n, meanD+(b[i]-a[i])/n
	}
	p := Part{Freedom: freedom}
	for i := range a {
		d, w := b[i]-a[i]-meanD, a[i]-meanA
		p.VarDifference += d * d
		p.CovDifference += d * w
		p.VarChampion += w * w
	}
	return p.over(n-1, freedom)
}

// splitmix is SplitMix64 (Steele, Lea and Flood 2014): a counter, mixed.
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// draw counts how often each unit is drawn, as many within a stratum as it has.
func (s *splitmix) draw(drawn []float64, strata [][]int32) {
	clear(drawn)
	for _, units := range strata {
		for range units {
			i, _ := bits.Mul64(s.next(), uint64(len(units)))
			drawn[units[i]]++
		}
	}
}

// statistic is a metric as a function of the rows' weights, everything that
// does not depend on them done before.
func statistic(s metrics.Sample, p metrics.Predictions) func(weights []float64) float64 {
	if !p.Present() {
		return func([]float64) float64 { return 0 }
	}
	return calibration(s.Positive, p.Values)
}

func calibration(positive []bool, scores []float64) func(weights []float64) float64 {
	bin, gap := make([]int, len(scores)), make([]float64, len(scores))
	for i, score := range scores {
		bin[i], gap[i] = metrics.Bin(score), score-indicator(positive[i])
	}
	return func(weights []float64) float64 {
		var gaps [metrics.Bins]float64
		var total, sum float64
		for i, w := range weights {
			gaps[bin[i]] += w * gap[i]
			total += w
		}
		for _, g := range gaps {
			sum += math.Abs(g)
		}
		return sum / total
	}
}
