package gate

import "testing"

func TestMore(t *testing.T) {
	t.Parallel()
	for others, want := range map[int]string{
		-1: "", 0: "", 1: " (and one other segment that did not pass)", 2: " (and 2 other segments that did not pass)",
		11: " (and 11 other segments that did not pass)", 1031: " (and 1,031 other segments that did not pass)",
	} {
		if got := more(others); got != want {
			t.Errorf("%d: %q, expected %q", others, got, want)
		}
	}
}
