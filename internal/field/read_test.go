package field

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"7d": 7 * 24 * time.Hour, "6h": 6 * time.Hour, "5m": 5 * time.Minute, "120s": 2 * time.Minute,
		"1h30m": 90 * time.Minute, "1d12h": 36 * time.Hour, "0.5h": 30 * time.Minute, "1500ms": 1500 * time.Millisecond,
		"7": -1, "0": -1, "": -1, "-1h": -1, "d": -1, "1h1d": -1, "1.5d": -1, "1e3s": -1, "99999d": 99999 * 24 * time.Hour,
		"99999d2540400h": -1, "106751d24h": -1, "100000000000h": -1, "1d-1h": -1, "7D": -1, "1 h": -1,
	} {
		got, ok := parseDuration(text)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("parseDuration(%q) = %v, want %v", text, got, want)
		}
	}
}
