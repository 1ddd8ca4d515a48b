// Package parallel spreads numbered work over a few goroutines.
package parallel

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Each calls f for every i from 0 to n-1, on as many goroutines as workers, and
// returns when all have ended. f is given the number of its worker, from 0, which
// runs one call at a time. Calls start in the order of i.
func Each(workers, n int, f func(worker, i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(worker, i)
			}
		})
	}
	all.Wait()
}

// Try is Each for work that can fail. After the first error it starts nothing new,
// and returns the errors of all calls that were made, joined.
func Try(workers, n int, f func(worker, i int) error) error {
	errs := make([]error, workers)
	var failed atomic.Bool
	Each(workers, n, func(worker, i int) {
		if failed.Load() {
			return
		}
		if err := f(worker, i); err != nil {
			errs[worker] = errors.Join(errs[worker], err)
			failed.Store(true)
		}
	})
	return errors.Join(errs...)
}
