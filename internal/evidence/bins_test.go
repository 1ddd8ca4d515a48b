package evidence_test

import (
	"math"
	"math/big"

	"github.com/org/ct-action/internal/paired"
)

// expectWider holds the estimate of binned scores to that of the scores
// themselves: what it says of its error is true, and no bound is sharper.
func expectWider(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, binned, exact paired.Estimate) {
	t.Helper()
	const rounding = 1e-12
	for _, v := range []struct {
		name       string
		off        float64
		got, wants float64
	}{
		{"champion", binned.ChampionBlur.Value, binned.Champion.Float64(), exact.Champion.Float64()},
		{"challenger", binned.ChallengerBlur.Value, binned.Challenger.Float64(), exact.Challenger.Float64()},
	} {
		if !(math.Abs(v.got-v.wants) <= v.off+rounding) {
			t.Errorf("%s: %s %v, exactly %v: further off than %v", what, v.name, v.got, v.wants, v.off)
		}
	}
	for _, k := range []*big.Rat{big.NewRat(0, 1), big.NewRat(1, 1), big.NewRat(11, 10), big.NewRat(9, 10)} {
		b, e := binned.Contrast(1, k, new(big.Rat)), exact.Contrast(1, k, new(big.Rat))
		for _, confidence := range []float64{0.51, 0.8, 0.95, 0.999} {
			if math.IsNaN(e.Lower(confidence)) && math.IsNaN(b.Lower(confidence)) {
				continue
			}
			if !(b.Lower(confidence) <= e.Lower(confidence)+rounding) || !(b.Upper(confidence) >= e.Upper(confidence)-rounding) {
				t.Errorf("%s, k %v at %v: [%v, %v], exactly [%v, %v]", what, k, confidence,
					b.Lower(confidence), b.Upper(confidence), e.Lower(confidence), e.Upper(confidence))
			}
		}
		if !(b.PValue(true) >= e.PValue(true)-rounding) && e.Value > 0 && !math.IsNaN(e.StandardError) {
			t.Errorf("%s, k %v: p %v, exactly %v", what, k, b.PValue(true), e.PValue(true))
		}
	}
}
