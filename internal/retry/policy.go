// Package retry is the one HTTP client of this program: how long a call may
// take, what is tried again, how long to wait between, and what must never be
// sent twice.
//
// One operation is one request of the caller, sent up to Policy.Attempts
// times within Policy.Total. An attempt ends after Policy.PerCall, reading the
// answer's body included: the answer is buffered, so a connection that is cut
// in the middle of a body counts as a failed attempt and not as a short answer.
//
// What is tried again:
//
//   - a connection that was never made (refused, no route, unknown host) and
//     status 429: nothing was carried out, so any request may be repeated;
//   - statuses 408, 500, 502, 503, 504, cut connections and timeouts: only if
//     the request is idempotent, because the server may have acted already.
//     GET, HEAD, OPTIONS, PUT and DELETE are idempotent by their nature, a
//     POST or PATCH if the caller says so with a Call.
//
// A certificate that does not verify, a scheme nobody speaks, an answer beyond
// Policy.MaxBody: not tried again, since the next attempt would end the same.
//
// Waits double from MinWait to MaxWait, each shortened by up to half at random
// so that clients which failed together do not return together. A Retry-After
// header is obeyed instead. When the wait would not end within Total, the last
// answer is returned at once: waiting for a deadline teaches nobody anything.
package retry

import "time"

// A Policy bounds one operation. A field that is zero has Default's value, so
// tests and callers set only what they change.
type Policy struct {
	Attempts int           // requests sent at most, the first included
	PerCall  time.Duration // one attempt, until the last byte of the answer
	Total    time.Duration // the operation, attempts and waits together
	MinWait  time.Duration // before the second attempt
	MaxWait  time.Duration // longest wait that is not asked for by Retry-After
	MaxBody  int64         // longest answer, bytes
}

// Default is the policy for a registry or an API used by a job that runs
// unattended. PerCall is 30 s because MLflow on SQLite may hold a write for 20
// s behind a lock and then carry it out: giving up earlier would make unknown
// outcomes out of slow ones.
func Default() Policy {
	return Policy{
		Attempts: 5,
		PerCall:  30 * time.Second,
		Total:    60 * time.Second,
		MinWait:  500 * time.Millisecond,
		MaxWait:  8 * time.Second,
		MaxBody:  64 << 20,
	}
}

// orDefault fills what is not set. An operation always gets the time for at
// least one whole attempt.
func (p Policy) orDefault() Policy {
	d := Default()
	p.Attempts = positive(p.Attempts, d.Attempts)
	p.PerCall = positive(p.PerCall, d.PerCall)
	p.Total = max(positive(p.Total, d.Total), p.PerCall)
	p.MinWait = positive(p.MinWait, d.MinWait)
	p.MaxWait = max(positive(p.MaxWait, d.MaxWait), p.MinWait)
	p.MaxBody = positive(p.MaxBody, d.MaxBody)
	return p
}

func positive[T int | int64 | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}
