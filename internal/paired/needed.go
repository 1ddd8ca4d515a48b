package paired

import "math"

// SmallestShown is how large the true value must be for Lower(confidence) to
// clear 0 on these rows with the given power. It takes the scatter seen for the true
// one: t standard errors at the edge, t' standard errors as seen (t and t' are
// quantiles of Student's t at Freedom), and twice Off. It does not depend on the value
// seen, so that luck does not make it small, as it does RowsNeeded. It is NaN where
// the standard error is absent or 0.
func (c Contrast) SmallestShown(confidence, power float64) float64 {
	if !(c.StandardError > 0) || !(confidence < 1) {
		return math.NaN()
	}
	if c.calibrated != nil {
		return math.NaN() // its bounds are not a number of standard errors
	}
	reach := c.straightened(studentQuantile(1-confidence, c.Freedom)) * c.atEdge()
	return reach + studentQuantile(1-power, c.Freedom)*c.StandardError + 2*c.Off
}

// RowsNeededAt is RowsNeeded if another value is the true one. At the ends of an
// interval it shows how far RowsNeeded may be wrong.
func (c Contrast) RowsNeededAt(value, confidence, power float64) int {
	if c.calibrated != nil {
		return 0 // its bounds do not depend on Value
	}
	c.Value = value
	return c.RowsNeeded(confidence, power)
}
