package summary

import (
	"math"
	"strings"
)

const (
	trackWidth = 17 // cells, an odd number: there is a middle
	trackEdge  = 2  // cells on either side of what is drawn to scale
)

// track draws an interval on a line of text: ├ and ┤ are its ends, ● is the
// estimate, ┊ the bound that the estimate has to clear.
//
//	··├──●─┊──┤······
//
// It is to scale but for two things: a bound that is far away stands at the
// edge, and marks that would share a cell stand beside one another, so that
// which of them is the larger is always as shown. There is no track of
// anything that is not finite, nor of an interval whose ends are swapped.
func track(low, estimate, high, bound float64) string {
	if !finite(low, estimate, high, bound, high-low) || low > high {
		return ""
	}
	s := scaleOf(low, high, bound)
	left, right := s.cell(low), s.cell(high)
	cells := []rune(strings.Repeat("·", trackWidth))
	if left == right { // no width: a point, and on which side of it the bound is
		at := apart(s.cell(bound), left, compareFloats(bound, low))
		cells[at], cells[left] = '┊', '●'
		return string(cells)
	}
	for i := left; i <= right; i++ {
		cells[i] = '─'
	}
	middle := clamp(s.cell(estimate), left+1, right-1)
	at := s.cell(bound)
	for _, mark := range []struct {
		cell int
		side int
	}{{left, compareFloats(bound, low)}, {right, compareFloats(bound, high)}, {middle, compareFloats(bound, estimate)}} {
		at = apart(at, mark.cell, mark.side)
	}
	cells[at] = '┊'
	cells[left], cells[right], cells[middle] = '├', '┤', '●'
	return string(cells)
}

// A scale maps numbers to cells.
type scale struct{ low, high float64 }

// scaleOf shows the whole interval, at no less than half of the width, and the
// bound where that leaves room for it.
func scaleOf(low, high, bound float64) scale {
	room := high - low
	if room == 0 {
		room = math.Abs(bound - low)
	}
	return scale{max(min(low, bound), low-room), min(max(high, bound), high+room)}
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
		return clamp(trackEdge+int(math.Round((x-s.low)/span*inner)), trackEdge, trackWidth-1-trackEdge)
	}
}

// apart moves a mark off another that it is not equal to, to its own side.
func apart(at, other, side int) int {
	switch {
	case side < 0:
		return min(at, other-1)
	case side > 0:
		return max(at, other+1)
	}
	return other
}

func clamp(x, least, most int) int { return max(least, min(x, most)) }

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func finite(numbers ...float64) bool {
	for _, x := range numbers {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
