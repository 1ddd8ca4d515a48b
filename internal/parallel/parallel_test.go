package parallel_test

import (
	"sync/atomic"
	"testing"

	"github.com/org/ct-action/internal/parallel"
)

func TestEach(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 3, 50} {
		var called [20]atomic.Int32
		busy := make([]bool, workers) // for the race detector, too
		parallel.Each(workers, len(called), func(worker, i int) {
			if busy[worker] {
				t.Errorf("worker %d is busy", worker)
			}
			busy[worker] = true
			called[i].Add(1)
			busy[worker] = false
		})
		for i := range called {
			if n := called[i].Load(); n != 1 {
				t.Errorf("%d was called %d times", i, n)
			}
		}
	}
	parallel.Each(2, 0, func(_, _ int) { t.Error("called for nothing") })
}
