// Package evidence holds what the gate asks for its estimates: every
// gate.Measured.
//
//	Rows         a holdout in memory: every metric, and segments
//	AUCAndBrier  the default policy's two metrics, of rows that came in pieces
//	             (Stream, Millionths) because columns of them would need too much memory
//	Sums         an engine's file of sums in place of rows (input evidence)
//	WithOwn      any of these, and numbers that the user brings
//
// An estimate that cannot be given is absent, with the reason. Parse checks whatever
// an engine's file allows to check: counts must add up, in each list and over the
// segments, and a covariance matrix must be possible.
package evidence
