package delong

import "math/big"

// AUC is both models' AUC, a the champion's: ΣF over the positive rows, over
// 2·P·N. Both are nil where a class has no rows.
func (s Sums) AUC() (a, b *big.Rat) {
	pairs := new(big.Int).Mul(count(2*s.Positive.Rows), count(s.Negative.Rows))
	if pairs.Sign() == 0 {
		return nil, nil
	}
	return new(big.Rat).SetFrac(s.Positive.A, pairs), new(big.Rat).SetFrac(s.Positive.B, pairs)
}

// A Covariance is what one class's rows add to the covariance matrix of the
// two AUCs, exactly, in the basis (difference B − A, A).
type Covariance struct {
	Difference *big.Rat // variance of B − A
	Cross      *big.Rat // covariance of B − A with A
	A          *big.Rat // variance of A
}

// Covariances are the two terms of DeLong's estimate: the sample covariance of
// the placements of a class, by its rows less one, over its rows. ok is false
// where a class has fewer than two rows: there is no variance then.
func (s Sums) Covariances() (positive, negative Covariance, ok bool) {
	if s.Positive.Rows < 2 || s.Negative.Rows < 2 {
		return Covariance{}, Covariance{}, false
	}
	return s.Positive.covariance(s.Negative.Rows), s.Negative.covariance(s.Positive.Rows), true
}

func (c ClassSums) covariance(others uint64) Covariance {
	n := count(c.Rows)
	scale := new(big.Int).Mul(n, n)
	scale.Mul(scale, count(c.Rows-1))
	scale.Mul(scale, new(big.Int).Mul(count(2*others), count(2*others)))
	over := func(squares, x, y *big.Int) *big.Rat { // n·Σxy − Σx·Σy
		centred := new(big.Int).Mul(n, squares)
		return new(big.Rat).SetFrac(centred.Sub(centred, new(big.Int).Mul(x, y)), scale)
	}
	d := new(big.Int).Sub(c.B, c.A)
	da := new(big.Int).Sub(c.AB, c.AA)
	dd := new(big.Int).Sub(c.BB, c.AB)
	dd.Sub(dd, da)
	return Covariance{Difference: over(dd, d, d), Cross: over(da, d, c.A), A: over(c.AA, c.A, c.A)}
}

func count(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
