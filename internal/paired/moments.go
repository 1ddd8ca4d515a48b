package paired

import (
	"math"

	"github.com/org/ct-action/internal/metrics"
)

// Moments are sums over the row losses of two models, which are all that an estimate
// of a mean of row losses needs. d is the challenger's loss less the champion's, and w
// is the champion's, 0 without a champion. Sums over chunks add up to those of all
// rows.
type Moments struct {
	Rows       uint64
	D, W       float64 // Σd, Σw
	DD, DW, WW float64 // Σd², Σd·w, Σw²
}

// Add is the moments of the rows of both.
func (m Moments) Add(n Moments) Moments {
	return Moments{m.Rows + n.Rows, m.D + n.D, m.W + n.W, m.DD + n.DD, m.DW + n.DW, m.WW + n.WW}
}

// Count adds rows that all have the same losses.
func (m *Moments) Count(w, d, rows float64) {
	*m = m.Add(Moments{uint64(rows), rows * d, rows * w, rows * d * d, rows * d * w, rows * w * w})
}

// FromMoments is the estimate of a mean of row losses. champion and challenger are
// the means themselves, as exact as they are known. classes are the negative and
// the positive rows, in this order, of a binary task, else all rows at once.
//
// The variance is the plain paired one, the sample variance of d over the
// rows. In a binary task it is divided into the variance within each class and
// that between the two, each with its own degrees of freedom: a loss that
// scatters only among 20 positives is known no better than from 20 rows.
func FromMoments(champion, challenger metrics.Value, classes ...Moments) Estimate {
	var all Moments
	for _, m := range classes {
		all = all.Add(m)
	}
	e := Estimate{Champion: champion, Challenger: challenger, Method: "paired", Rows: int(all.Rows), Positives: -1}
	if len(classes) == 2 {
		e.Positives = int(classes[1].Rows)
	}
	e.Effective = alike(e.Rows, e.Positives)
	if all.Rows > 1 {
		e.Parts = all.parts(classes)
	}
	e.Warnings = few(e)
	return e
}

func (m Moments) parts(classes []Moments) []Part {
	n := float64(m.Rows)
	between := m.centred()
	var parts []Part
	for _, class := range classes {
		if class.Rows < 2 || len(classes) == 1 {
			continue
		}
		within := class.centred()
		between.VarDifference -= within.VarDifference
		between.CovDifference -= within.CovDifference
		between.VarChampion -= within.VarChampion
		parts = append(parts, within.over(n*(n-1), float64(class.Rows-1)))
	}
	between.VarDifference, between.VarChampion = max(0, between.VarDifference), max(0, between.VarChampion)
	return append(parts, between.over(n*(n-1), n-1))
}

// centred has the sums of squares and products about the means. Whatever could be
// rounding of the sums counts as 0.
func (m Moments) centred() Part {
	n := float64(m.Rows)
	about := func(xy, x, y float64) float64 {
		centred := xy - x*y/n
		if math.Abs(centred) <= 1e-13*math.Abs(xy) {
			return 0
		}
		return centred
	}
	return Part{0, about(m.DD, m.D, m.D), about(m.DW, m.D, m.W), about(m.WW, m.W, m.W)}
}

// Count adds rows that each move the difference and the champion's value by these
// amounts.
func (p *Part) Count(difference, champion, rows float64) {
	p.VarDifference += rows * difference * difference
	p.CovDifference += rows * difference * champion
	p.VarChampion += rows * champion * champion
}

// VarChallenger is the variance of the challenger's value.
func (p Part) VarChallenger() float64 { return p.VarDifference + 2*p.CovDifference + p.VarChampion }

func (p Part) over(scale, freedom float64) Part {
	return Part{freedom, p.VarDifference / scale, p.CovDifference / scale, p.VarChampion / scale}
}
