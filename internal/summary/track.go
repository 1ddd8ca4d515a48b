package summary

import (
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/org/ct-action/internal/metrics"
)

const (
	trackWidth = 23 // cells
	trackEdge  = 3  // cells on either side of what is drawn to scale
)

// A drawing is an interval of a change as a track shows it.
type drawing struct {
	low, estimate, high float64
	bound               *big.Rat // that the change has to clear; nil: it decides nothing
}

// drawing is what is drawn of a measurement, ok where there is anything.
func (m measurement) drawing() (d drawing, ok bool) {
	f := m.finding
	return drawing{f.Interval[0], f.Difference, f.Interval[1], f.Mark()}, m.finding.HasInterval() && finite(f.Difference, f.Interval[1]-f.Interval[0])
}

// unit is what a measurement's changes are counted in: two rows of one unit are
// drawn to one scale. Metrics between two bounds are of one, errors in the
// label's own unit are of another, and every other metric has its own.
func (m measurement) unit() string {
	name := m.check.Metric
	switch known, ok := metrics.Lookup(name); {
	case name == "mae", name == "rmse":
		return "label"
	case ok && finite(known.Min, known.Max):
		return "share"
	}
	return name
}

// A scale maps changes to cells. 0 is never beyond its ends.
type scale struct{ low, high float64 }

// scalesOf are the scales of a table, by unit. Each shows every interval of its
// unit in full, and the bounds that are near.
func scalesOf(rows []measurement) map[string]scale {
	scales := map[string]scale{}
	for _, m := range rows {
		if d, ok := m.drawing(); ok {
			s := scales[m.unit()]
			scales[m.unit()] = scale{min(s.low, d.low), max(s.high, d.high)}
		}
	}
	inner := maps.Clone(scales)
	for _, m := range rows {
		d, ok := m.drawing()
		if !ok || d.bound == nil {
			continue
		}
		bound, _ := d.bound.Float64()
		s, wide := scales[m.unit()], inner[m.unit()]
		room := (wide.high - wide.low) / 2
		if bound >= wide.low-room && bound <= wide.high+room {
			scales[m.unit()] = scale{min(s.low, bound), max(s.high, bound)}
		}
	}
	return scales
}

func (s scale) cell(x float64) int {
	const inner = trackWidth - 1 - 2*trackEdge
	switch span := s.high - s.low; {
	case x < s.low:
		return 0
	case x > s.high:
		return trackWidth - 1
	case !(span > 0):
		return trackWidth / 2
	default:
		return trackEdge + max(0, min(int(math.Round((x-s.low)/span*inner)), inner))
	}
}

// A mark is a sign on a track, and what it stands for.
type mark struct {
	sign  rune
	value *big.Rat
	cell  int
}

func (s scale) mark(sign rune, value *big.Rat) mark {
	x, _ := value.Float64()
	return mark{sign, value, s.cell(x)}
}

// track draws an interval on a line of text: ├ and ┤ are its ends, ● is the
// estimate, ┊ the bound that the estimate has to clear, 0 no change, and Ø a
// bound that is 0.
//
//	·····0···├──●─┊──┤·····
//
// It is to scale but for two things: a bound that is far away stands at the
// edge, and marks that would share a cell stand beside one another, so that
// which of them is the larger is always as shown; 0 stays where it is. An
// interval of less than three cells is a point, which hides what lies within.
func (s scale) track(d drawing) string {
	if !finite(s.high-s.low, d.low, d.estimate, d.high) {
		return ""
	}
	low, middle, high := s.mark('├', rational(d.low)), s.mark('●', rational(d.estimate)), s.mark('┤', rational(d.high))
	marks := []mark{s.mark('0', new(big.Rat))}
	switch {
	case d.bound == nil:
	case d.bound.Sign() == 0:
		marks[0].sign = 'Ø'
	default:
		marks = append(marks, s.mark('┊', d.bound))
	}
	if high.cell-low.cell >= 2 {
		marks = append(marks, low, high)
	} else {
		for i, m := range marks {
			if m.value.Cmp(low.value) >= 0 && m.value.Cmp(high.value) <= 0 {
				marks[i].value = middle.value
			}
		}
	}
	marks = append(marks, middle)
	return drawn(marks)
}

// drawn writes the marks, the later ones over the earlier. The first is 0's and
// keeps its cell; the others move outward to where they belong.
func drawn(marks []mark) string {
	zero := marks[0]
	var below, above []*mark
	for i := range marks[1:] {
		switch m := &marks[1+i]; m.value.Cmp(zero.value) {
		case -1:
			below = append(below, m)
		case 1:
			above = append(above, m)
		default:
			m.cell = zero.cell
		}
	}
	slices.SortFunc(above, func(a, b *mark) int { return a.value.Cmp(b.value) })
	slices.SortFunc(below, func(a, b *mark) int { return b.value.Cmp(a.value) })
	spread(above, zero.cell, 1, trackWidth-1-zero.cell)
	spread(below, zero.cell, -1, zero.cell)

	cells := []rune(strings.Repeat("·", trackWidth))
	from, to := trackWidth, -1
	for _, m := range marks {
		switch m.sign {
		case '├':
			from = m.cell
		case '┤':
			to = m.cell
		}
	}
	for i := from; i <= to; i++ {
		cells[i] = '─'
	}
	for _, m := range marks {
		cells[m.cell] = m.sign
	}
	return string(cells)
}

// spread gives marks that are sorted outward from 0 cells of their own, no more
// than room away; equal ones share one.
func spread(marks []*mark, zero, direction, room int) {
	equal := func(i int) bool { return i > 0 && marks[i].value.Cmp(marks[i-1].value) == 0 }
	far := 0 // how far from 0 the mark before is
	for i, m := range marks {
		if !equal(i) {
			far = max((m.cell-zero)*direction, far+1)
		}
		m.cell = zero + direction*far
	}
	for i, m := range slices.Backward(marks) {
		far = min((m.cell-zero)*direction, room)
		m.cell = zero + direction*far
		if !equal(i) {
			room = far - 1
		}
	}
}

func finite(numbers ...float64) bool {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
