package evidence

import (
	"fmt"
	"math"
	"math/big"

	"github.com/org/ct-action/internal/paired"
	"github.com/org/ct-action/internal/rank"
)

// auc is both AUCs and DeLong's covariance from the joint histogram (DeLong,
// DeLong and Clarke-Pearson 1988). All rows of a cell have the same placement.
func (p segment) auc(width float64) paired.Estimate {
	negatives := p.rows - p.positives
	switch {
	case p.cells == nil:
		return p.lacks("joint_histogram", "count the rows by label and both scores")
	case p.positives == 0 || negatives == 0:
		return absent(p, fmt.Sprintf("one class only: %d of the %d rows are positive", p.positives, p.rows))
	}
	champion := place(p.cells, func(c cell) float64 { return c.champion })
	challenger := place(p.cells, func(c cell) float64 { return c.challenger })
	sums := rank.Sums{Positive: p.sums(1, champion, challenger), Negative: p.sums(0, champion, challenger)}
	if width > 0 { // scores in one bin need not tie
		return blurred(paired.FromRanks(sums), p.blur(champion), p.blur(challenger), width)
	}
	sums.TiesA, sums.TiesB = champion.ties.Uint64(), challenger.ties.Uint64()
	return paired.FromRanks(sums)
}

// placed is one version's score on the cells.
type placed struct {
	opposite []int    // of each cell: 2·(rows of the other class below) + (rows of it in the same bin)
	tied     []int    // of each cell: rows of the other class in the same bin
	ties     *big.Int // pairs of both classes in one bin
}

// place finds where every cell lies among the rows of the other class.
func place(cells []cell, score func(cell) float64) placed {
	scores := make([]float64, len(cells))
	for i, c := range cells {
		scores[i] = score(c)
	}
	v := placed{make([]int, len(cells)), make([]int, len(cells)), new(big.Int)}
	var below [2]int // rows of each class in lower bins
	order := rank.Ascending(scores)
	for k := range order.Ends {
		var here [2]int
		for _, i := range order.Tie(k) {
			here[cells[i].class] += cells[i].count
		}
		for _, i := range order.Tie(k) {
			other := 1 - cells[i].class
			v.opposite[i], v.tied[i] = 2*below[other]+here[other], here[other]
		}
		add(v.ties, here[1], here[0])
		below[0], below[1] = below[0]+here[0], below[1]+here[1]
	}
	return v
}

// add adds a product to sum.
func add(sum *big.Int, factors ...int) {
	product := big.NewInt(1)
	for _, f := range factors {
		product.Mul(product, big.NewInt(int64(f)))
	}
	sum.Add(sum, product)
}

// sums are over the rows of one class.
func (p segment) sums(class int, champion, challenger placed) rank.ClassSums {
	s := rank.ClassSums{A: new(big.Int), B: new(big.Int), AA: new(big.Int), BB: new(big.Int), AB: new(big.Int)}
	for i, x := range p.cells {
		if x.class != class {
			continue
		}
		a, b, n := champion.opposite[i], challenger.opposite[i], x.count
		s.Rows += uint64(n)
		add(s.A, n, a)
		add(s.B, n, b)
		add(s.AA, n, a, a)
		add(s.BB, n, b, b)
		add(s.AB, n, a, b)
	}
	return s
}

// blur bounds what bins hide of one version. A pair in one bin counts a half, where
// its true count is 0, a half or 1. So the AUC is off by at most half the share of
// such pairs, and each row's placement by half the share of the other class in its
// bin. By Minkowski's inequality the standard error is then too small by at most that
// of the placements' errors.
func (p segment) blur(v placed) paired.Blur {
	var squares [2]float64 // of the placements' errors, by class
	for i, c := range p.cells {
		squares[c.class] += float64(c.count) * float64(v.tied[i]) * float64(v.tied[i])
	}
	positives, negatives := float64(p.positives), float64(p.rows-p.positives)
	pairs := new(big.Int).Mul(big.NewInt(int64(p.positives)), big.NewInt(int64(p.rows-p.positives)))
	off, _ := new(big.Rat).SetFrac(v.ties, pairs.Lsh(pairs, 1)).Float64()
	return paired.Blur{Value: off, StandardError: math.Sqrt(
		squares[1]/(4*negatives*negatives*positives*max(1, positives-1)) + squares[0]/(4*positives*positives*negatives*max(1, negatives-1)))}
}

// blurred widens an estimate by the blurs of binned scores, with a warning.
func blurred(e paired.Estimate, champion, challenger paired.Blur, width float64) paired.Estimate {
	e.ChampionBlur, e.ChallengerBlur = champion, challenger
	e.Method = fmt.Sprintf("DeLong, scores in bins of %v", width)
	e.Warnings = append(e.Warnings, fmt.Sprintf(
		"scores in bins of %v: the AUC of the champion is exact within %.2g, the challenger's within %.2g; every bound is wider by as much",
		width, champion.Value, challenger.Value))
	return e
}
