package paired

import "math"

// SmallestShown is how large the true value must be for Lower(confidence) to
// clear 0 on these rows with the given power, as far as the scatter that was
// seen is the true one: t standard errors of those that decide and t' of those
// that were seen, t and t' the quantiles of Student's t at Freedom, and twice what
// Value may be off by. It depends on the
// value seen in nothing but that scatter, so that luck does not make it small, as
// it does RowsNeeded. NaN without a standard error, or with one of 0, which tells
// of no scatter.
func (c Contrast) SmallestShown(confidence, power float64) float64 {
	if !(c.StandardError > 0) || !(confidence < 1) {
		return math.NaN()
	}
	if c.calibrated != nil {
		return math.NaN() // the bounds of a bias are no number of standard errors
	}
	reach := c.straightened(studentQuantile(1-confidence, c.Freedom)) * c.atEdge()
	return reach + studentQuantile(1-power, c.Freedom)*c.StandardError + 2*c.Off
}

// RowsNeededAt is RowsNeeded with another value for the true one: at an end of an
// interval it says how much RowsNeeded may be wrong by.
func (c Contrast) RowsNeededAt(value, confidence, power float64) int {
	if c.calibrated != nil {
		return 0 // it does not go by Value
	}
	c.Value = value
	return c.RowsNeeded(confidence, power)
}
