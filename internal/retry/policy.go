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
// answer is returned at once.
package retry

import "time"

// A Policy bounds one operation. A field that is zero has its default, so tests
// and callers set only what they change. The defaults are for a registry used by a
// job that runs unattended: MLflow on SQLite may hold a write for 20 s behind a
// lock and then carry it out, and if we gave up earlier, the outcome of a write that
// was only slow would be unknown.
type Policy struct {
	Attempts int           // requests sent at most, the first included; 5
	PerCall  time.Duration // one attempt, until the last byte of the answer; 30 s
	Total    time.Duration // the operation, attempts and waits together; 60 s, and never less than PerCall
	MinWait  time.Duration // before the second attempt; 0.5 s
	MaxWait  time.Duration // longest wait that is not asked for by Retry-After; 8 s, and never less than MinWait
	MaxBody  int64         // longest answer, bytes; 64 MiB
}

// orDefault fills what is not set.
func (p Policy) orDefault() Policy {
	p.Attempts = positive(p.Attempts, 5)
	p.PerCall = positive(p.PerCall, 30*time.Second)
	p.Total = max(positive(p.Total, 60*time.Second), p.PerCall)
	p.MinWait = positive(p.MinWait, 500*time.Millisecond)
	p.MaxWait = max(positive(p.MaxWait, 8*time.Second), p.MinWait)
	p.MaxBody = positive(p.MaxBody, 64<<20)
	return p
}

func positive[T int | int64 | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}
