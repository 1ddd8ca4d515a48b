// Package evidence holds what the gate asks for its estimates: every
// gate.Measured.
//
//	Rows         a holdout in memory: every metric, and segments
//	AUCAndBrier  the default policy's two metrics of rows that came in pieces
//	             (Stream, Millionths), more than are wanted in memory as columns
//	Sums         an engine's file of sums in place of rows (input evidence)
//	WithOwn      any of these, and numbers that the user brings
//
// What cannot be answered is absent, with what is missing. Parse believes nothing
// of an engine's file that it can check: counts must add up, in each list and over
// the segments, and a covariance must be one.
package evidence
