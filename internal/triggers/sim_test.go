package triggers

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/org/ct-action/internal/metrics"
	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/state"
)

var full = flag.Bool("sim.full", false, "simulate at full size: 10,000 repetitions")

// simPolicy is the default's floor and rows, with the confidence that the docs
// recommend.
var simPolicy = Policy{
	AUCFloor: metrics.MustDecimal("0.80"), MinRows: 500, PerformanceConfidence: metrics.MustDecimal("0.95"),
}

// A feed is how labelled rows come to a file, and when it is looked at. Rows come
// at an even rate.
type feed struct {
	name   string
	every  time.Duration // between two looks
	rows   int           // that come between two looks
	keeps  int           // that the file holds; 0: all since the champion serves
	prompt bool          // the file is written anew at every look; else once a week
	years  int           // as a divisor of the repetitions: a look at many rows takes long
}

var (
	weekly = feed{name: "each week a file of its 500 rows", every: 7 * day, rows: 500, keeps: 500, prompt: true, years: 1}
	feeds  = []feed{
		weekly,
		{name: "each week a file of the last four weeks' 2,000 rows", every: 7 * day, rows: 500, keeps: 2000, prompt: true, years: 10},
		{name: "each day the file of the last whole week", every: day, rows: 72, keeps: 504, years: 10},
		{name: "each day a file of the last 504 rows, 18 of them new", every: day, rows: 18, keeps: 504, prompt: true, years: 20},
		{name: "each week all rows since the promotion, 125 of them new", every: 7 * day, rows: 125, prompt: true, years: 20},
		{name: "each hour a file of the last 504 rows, 3 of them new", every: time.Hour, rows: 3, keeps: 504, prompt: true, years: 200},
	}
	prevalences = []float64{0.02, 0.05, 0.2}
)

// A course is the champion's true AUC as a function of the weeks that it serves.
type course func(week float64) float64

func steady(auc float64) course { return func(float64) float64 { return auc } }

const fallsAt = 26 // weeks

// fall is at once, to 0.72.
func fall(week float64) float64 {
	if week < fallsAt {
		return 0.84
	}
	return 0.72
}

// slowFall loses 0.01 a week, from 0.80 in the week before, and ends at 0.72.
func slowFall(week float64) float64 {
	return max(0.72, min(0.84, 0.80-0.01*(math.Floor(week)+1-fallsAt)))
}

// looked is what the three rules said at one look.
type looked struct {
	week                   float64
	plain, bound, sequence bool
}

// live lets a champion serve for some weeks. Each alarm of the sequence is
// answered at once by a challenger that is judged and flagged, so that the
// champion stays, and with it whatever makes for needless alarms.
func live(r *rand.Rand, f feed, prevalence float64, auc course, weeks int, tell func(looked) (goOn bool)) {
	began := time.Unix(1_700_000_000, 0).UTC()
	var positive []bool
	var scores []float64
	var shown Rolling
	s := Signals{Champion: Champion{Presence: Serving, Version: "7", Since: began}}
	s.Performance.Source = "file"
	remembered := state.State{}
	last := -1
	for now := began; ; {
		from := now
		now = now.Add(f.every)
		week := float64(from.Sub(began)) / float64(7*day)
		if week >= float64(weeks) {
			return
		}
		mu := math.Sqrt2 * paired.NormalQuantile(1-auc(week))
		for range f.rows {
			is := r.Float64() < prevalence
			score := r.NormFloat64()
			if is {
				score += mu
			}
			positive, scores = append(positive, is), append(scores, score)
		}
		if cut := len(scores) - f.keeps; f.keeps > 0 && cut > 0 {
			positive, scores = slices.Clone(positive[cut:]), slices.Clone(scores[cut:])
		}
		if through := int(math.Round(float64(now.Sub(began)) / float64(day))); f.prompt || through%7 == 0 && through != last {
			shown, last = rollingOf(positive, scores), through
		}
		s.Now, s.Performance.Rolling, s.Performance.Record = now, shown, remembered.Performance
		if len(scores) < simPolicy.MinRows || shown.Rows == 0 || !shown.AUC.Present() {
			if !tell(looked{week: week}) {
				return
			}
			continue
		}
		said := looked{week: week, plain: shown.AUC.Rat().Cmp(simPolicy.AUCFloor.Rat()) < 0}
		t, record := byEvidence(Trigger{Name: "performance"}, simPolicy, s)
		if t.Look != nil {
			said.bound = t.Look.P <= 0.05
		}
		if said.sequence = t.Status == Fired; record != nil {
			remembered.Performance = record
		}
		if said.sequence {
			remembered = remembered.Answered(now)
		}
		if !tell(said) {
			return
		}
	}
}

// rollingOf is the AUC of rows that have been read.
func rollingOf(positive []bool, scores []float64) Rolling {
	return Rolling{Rows: len(scores), Labelled: len(scores)}.measured(positive, scores)
}

// repeat runs independent repetitions, each from a seed of its own, on all cores.
func repeat[T any](n int, seed uint64, once func(r *rand.Rand) T) []T {
	found := make([]T, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				found[i] = once(rand.New(rand.NewPCG(seed, uint64(i))))
			}
		})
	}
	wait.Wait()
	return found
}

type simulation struct {
	*testing.T
	repetitions int
}

// TestSimulation holds the promise of a performance-confidence to what happens to
// champions whose true AUC is known. Seeds are fixed. `make sim` runs it at full
// size and prints its tables.
func TestSimulation(t *testing.T) {
	s := simulation{t, 40}
	switch {
	case *full:
		s.repetitions = 10_000
	case raced:
		s.repetitions = 20
	}
	t.Run("needless", func(t *testing.T) { simulation{t, s.repetitions}.needless() })
	t.Run("detection", func(t *testing.T) { simulation{t, s.repetitions}.detection() })
	t.Run("files", func(t *testing.T) { simulation{t, s.repetitions}.files() })
}

// alarms are those of one year, by rule.
type alarms [3]float64

func (s simulation) year(f feed, prevalence, auc float64) (mean, any alarms, repetitions int) {
	repetitions = max(1, s.repetitions/f.years)
	all := repeat(repetitions, uint64(1000*prevalence)<<32|uint64(1000*auc)<<8|uint64(len(f.name)), func(r *rand.Rand) (n alarms) {
		live(r, f, prevalence, steady(auc), 52, func(l looked) bool {
			for rule, fired := range []bool{l.plain, l.bound, l.sequence} {
				if fired {
					n[rule]++
				}
			}
			return true
		})
		return n
	})
	for _, one := range all {
		for rule, n := range one {
			mean[rule] += n / float64(repetitions)
			if n > 0 {
				any[rule] += 1 / float64(repetitions)
			}
		}
	}
	return mean, any, repetitions
}

// hold holds the promise: so many years with a needless training, and so many
// needless trainings a year.
func (s simulation) hold(at string, mean, any float64, repetitions int) {
	s.Helper()
	promised := 0.05
	limit := promised + 3*math.Sqrt(promised*(1-promised)/float64(repetitions))
	if any > limit {
		s.Errorf("%s: a needless training in %.4f of the years, promised %.2f", at, any, promised)
	}
	if mean > promised+3*math.Sqrt(1.5*promised/float64(repetitions)) {
		s.Errorf("%s: %.4f needless trainings a year, promised %.2f", at, mean, promised)
	}
}

func (s simulation) needless() {
	lines := []string{"### Needless trainings a year, and the share of years with any: 52 files of 500 rows, floor 0.80", "",
		"| true AUC | positive | value below the floor | its bound alone | `performance-confidence: 0.95` |",
		"|--:|--:|--:|--:|--:|"}
	for _, auc := range []float64{0.84, 0.80} {
		f := weekly
		if auc > 0.80 { // what is promised is put to the test at the floor
			f.years = 4
		}
		for _, prevalence := range prevalences {
			mean, any, n := s.year(f, prevalence, auc)
			line := fmt.Sprintf("| %.2f | %g %% |", auc, 100*prevalence)
			for rule := range mean {
				line += fmt.Sprintf(" %.3g (%.3g %%) |", mean[rule], 100*any[rule])
			}
			lines = append(lines, line)
			s.hold(fmt.Sprintf("AUC %.2f, %g %% positive", auc, 100*prevalence), mean[2], any[2], n)
			if auc == 0.80 && mean[0] < 10 {
				s.Errorf("the value is below the floor %.2f times a year, expected about 26 of 52: the world is another one", mean[0])
			}
		}
	}
	s.table(lines)
}

func (s simulation) detection() {
	const most = 104 // weeks after the fall
	lines := []string{"### Looks until it fires: half of the champions within the first, on average the second", "",
		"| fall from 0.84 | positive | value below the floor | its bound alone | `performance-confidence: 0.95` | not within two years |",
		"|:--|--:|--:|--:|--:|--:|"}
	for _, of := range []struct {
		name   string
		course course
	}{{"to 0.72 at once", fall}, {"by 0.01 a week, from the floor on", slowFall}} {
		for _, prevalence := range prevalences {
			all := repeat(max(1, s.repetitions/4), uint64(1000*prevalence)<<32|uint64(len(of.name)), func(r *rand.Rand) (first alarms) {
				for rule := range first {
					first[rule] = most + 1
				}
				live(r, weekly, prevalence, of.course, fallsAt+most, func(l looked) bool {
					for rule, fired := range []bool{l.plain, l.bound, l.sequence} {
						if look := math.Round(l.week) - fallsAt + 1; fired && look >= 1 {
							first[rule] = min(first[rule], look)
						}
					}
					return slices.Max(first[:]) > most
				})
				return first
			})
			line := fmt.Sprintf("| %s | %g %% |", of.name, 100*prevalence)
			missed := 0.0
			for rule := range 3 {
				var looks []float64
				sum := 0.0
				for _, one := range all {
					looks = append(looks, one[rule])
					sum += one[rule]
					if rule == 2 && one[rule] > most {
						missed++
					}
				}
				slices.Sort(looks)
				median, mean := looks[len(looks)/2], sum/float64(len(looks))
				line += fmt.Sprintf(" %.0f, %.1f |", median, mean)
				if limit := map[float64]float64{0.02: 60, 0.05: 14, 0.2: 9}[prevalence]; rule == 2 && median > limit {
					s.Errorf("%s, %g %% positive: half of the falls take more than %.0f looks", of.name, 100*prevalence, limit)
				}
			}
			lines = append(lines, fmt.Sprintf("%s %.2g %% |", line, 100*missed/float64(len(all))))
		}
	}
	s.table(lines)
}

func (s simulation) files() {
	lines := []string{"### Other files: needless trainings a year at an AUC of exactly the floor, 5 % positive", "",
		"| file | years | value below the floor | `performance-confidence: 0.95` | share of years with any |",
		"|:--|--:|--:|--:|--:|"}
	for _, f := range feeds[1:] {
		if raced && f.every < day {
			continue
		}
		mean, any, n := s.year(f, 0.05, 0.80)
		lines = append(lines, fmt.Sprintf("| %s | %d | %.3g | %.3g | %.3g %% |", f.name, n, mean[0], mean[2], 100*any[2]))
		s.hold(f.name, mean[2], any[2], n)
	}
	s.table(lines)
}

// table prints Markdown.
func (s simulation) table(lines []string) {
	text := strings.Join(lines, "\n") + "\n\n"
	if *full {
		fmt.Print(text)
		return
	}
	s.Log(text)
}
