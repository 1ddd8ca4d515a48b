package bake

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A production is what a minute of requests does.
type production struct {
	requests   int     // a minute; 0 is no data
	errors     float64 // share of requests that fail
	slower     float64 // factor on every latency
	score      float64 // mean of the scores
	healthyP95 float64 // seconds, of a lognormal
}

var healthy = production{requests: 60, errors: 0.002, slower: 1, score: 0.27, healthyP95: 0.2}

// A minute is the requests of one minute.
type minute struct{ failed, latencies, scores []float64 }

func (p production) minute(r *rand.Rand) (m minute) {
	const sigma = 0.5
	median := p.healthyP95 / math.Exp(1.645*sigma)
	for range poisson(r, p.requests) {
		failed := 0.0
		if r.Float64() < p.errors {
			failed = 1
		}
		m.failed = append(m.failed, failed)
		m.latencies = append(m.latencies, p.slower*median*math.Exp(sigma*r.NormFloat64()))
		m.scores = append(m.scores, min(1, max(0, p.score+0.2*r.NormFloat64())))
	}
	return m
}

// poisson is a count with this mean, by its normal approximation.
func poisson(r *rand.Rand, mean int) int {
	return max(0, int(math.Round(float64(mean)+math.Sqrt(float64(mean))*r.NormFloat64())))
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values)) // NaN of none, as PromQL has it
}

func p95(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	values = slices.Sorted(slices.Values(values))
	return values[len(values)*95/100]
}

// window simulates one bake of 30 minutes: after a delay, a measurement a minute over the
// last five minutes. It returns the phase, and the minute of the decision after the flip.
func window(r *rand.Rand, before, after production, delay int, measure func(five []minute) float64, rules Rules) (Phase, int) {
	var minutes []minute
	for range 5 {
		minutes = append(minutes, before.minute(r))
	}
	for range delay {
		minutes = append(minutes, after.minute(r))
	}
	var all []Measurement
	for n := 1; ; n++ {
		minutes = append(minutes, after.minute(r))
		value := measure(minutes[len(minutes)-5:])
		if after.requests == 0 {
			value = math.NaN()
		}
		all = append(all, Measurement{Value: value, Phase: rules.Measure(value)})
		if phase := rules.Assess(all, n == 30); phase != Running {
			return phase, delay + n
		}
	}
}

func over(of func(minute) []float64, reduce func([]float64) float64) func([]minute) float64 {
	return func(five []minute) float64 {
		var values []float64
		for _, m := range five {
			values = append(values, of(m)...)
		}
		return reduce(values)
	}
}

// enough is measure where five minutes have so many requests, and else no data, as
// `and sum(increase(...[5m])) >= requests` is.
func enough(requests int, measure func([]minute) float64) func([]minute) float64 {
	return func(five []minute) float64 {
		n := 0
		for _, m := range five {
			n += len(m.failed)
		}
		if n < requests {
			return math.NaN()
		}
		return measure(five)
	}
}

// The table of docs/bake.md. Of 200 windows in which nothing is wrong, none rolls back
// at the default limits; every fault is found, and no data does neither.
func TestSimulation(t *testing.T) {
	t.Parallel()
	errors := enough(200, over(func(m minute) []float64 { return m.failed }, mean))
	latency := enough(200, over(func(m minute) []float64 { return m.latencies }, p95))
	score := enough(200, over(func(m minute) []float64 { return m.scores }, mean))
	quiet := func(p *production) { p.requests = 6 }
	change := func(f func(p *production)) production {
		p := healthy
		f(&p)
		return p
	}
	sick := change(func(p *production) { p.errors = 0.1 })
	for _, c := range []struct {
		name      string
		before    *production // nil: healthy, and as busy
		after     production
		measure   func([]minute) float64
		condition string
		want      Phase
		within    int // minutes, of the median
	}{
		{"healthy, errors", nil, healthy, errors, "<= 0.02", Successful, 35},
		{"healthy, latency", nil, healthy, latency, "<= 0.3", Successful, 35},
		{"healthy, score", nil, healthy, score, "<= 0.32", Successful, 35},
		{"healthy and quiet, errors", nil, change(quiet), errors, "<= 0.02", Inconclusive, 9},
		{"healthy and quiet, score", nil, change(quiet), score, "<= 0.32", Inconclusive, 9},
		{"errors 5 %", nil, change(func(p *production) { p.errors = 0.05 }), errors, "<= 0.02", Failed, 9},
		{"three times as slow", nil, change(func(p *production) { p.slower = 3 }), latency, "<= 0.3", Failed, 8},
		{"mean score 0.45", nil, change(func(p *production) { p.score = 0.45 }), score, "<= 0.32", Failed, 8},
		{"outage, at the load balancer", nil, change(func(p *production) { p.errors = 1 }), errors, "<= 0.02", Failed, 8},
		{"healthy after a sick one", &sick, healthy, errors, "<= 0.02", Successful, 35},
		{"no data", nil, change(func(p *production) { p.requests = 0 }), errors, "<= 0.02", Inconclusive, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			rules := Rules{Success: must(t, c.condition), FailureLimit: 2, InconclusiveLimit: 3}
			count, when := map[Phase]int{}, []int{}
			before := healthy
			if before.requests = c.after.requests; c.after.requests == 0 {
				before = healthy
			}
			if c.before != nil {
				before = *c.before
			}
			for range 200 {
				phase, n := window(r, before, c.after, 5, c.measure, rules)
				count[phase]++
				when = append(when, n)
			}
			slices.Sort(when)
			t.Logf("%s, %s: rolled back in %d of 200, decided after %d min (median), %d at most", c.name, c.condition, count[Failed], when[100], when[199])
			if count[c.want] != 200 || when[100] > c.within {
				t.Errorf("%v after %d min, expected all %s within %d", count, when[100], c.want, c.within)
			}
		})
	}
}
