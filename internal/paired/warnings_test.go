package paired

import "testing"

// TestCounted: thousands are grouped, and a weight is never rounded up to what is enough.
func TestCounted(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"12,000 rows": Counted(12000, 12000, "rows"),
		"12,000 rows, which their weights make worth 9.9": Counted(12000, 9.99, "rows"),
	} {
		if got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}
