package parallel_test

import (
	"errors"
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

func TestTry(t *testing.T) {
	t.Parallel()
	third, fourth := errors.New("third"), errors.New("fourth")
	for _, workers := range []int{1, 2} {
		var called, failing atomic.Int32
		err := parallel.Try(workers, 1000, func(_, i int) error {
			called.Add(1)
			switch i {
			case 2, 3:
				failing.Add(1)
				for workers == 2 && failing.Load() < 2 { // both are at work when the first fails
				}
				return []error{third, fourth}[i-2]
			}
			return nil
		})
		if !errors.Is(err, third) || errors.Is(err, fourth) != (workers == 2) {
			t.Errorf("%d workers: %v", workers, err)
		}
		if n := called.Load(); n > 100 {
			t.Errorf("%d workers: %d were begun", workers, n)
		}
	}
	if err := parallel.Try(3, 10, func(_, _ int) error { return nil }); err != nil {
		t.Error(err)
	}
}
