package metrics

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0.005": "0.005", "0.0050": "0.005", "+1": "1", "-1.50": "-1.5", ".5": "0.5", "-.5": "-0.5",
		"7.": "7", "100": "100", "0": "0", "0.0": "0", " 0.3 ": "0.3",
	} {
		d, err := ParseDecimal(text)
		if err != nil || d.String() != want {
			t.Errorf("%q: %q, %v; want %q", text, d, err, want)
		}
	}
	for _, text := range []string{"", ".", "-", "1e3", "NaN", "inf", "1/2", "0x1", "1_000", "0,5", "30%"} {
		if d, err := ParseDecimal(text); err == nil {
			t.Errorf("%q: %v, want an error", text, d)
		}
	}
	if (Decimal{}).String() != "0" || (Decimal{}).Sign() != 0 {
		t.Error("the zero Decimal is not 0")
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0.3": "30%", "0.305": "30.5%", "0": "0%", "1": "100%", "-0.001": "-0.1%"} {
		if got := MustDecimal(text).Percent(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := MustDecimal("30").Over100(); got.String() != "0.3" || got.Rat().Cmp(big.NewRat(3, 10)) != 0 {
		t.Errorf("30 over 100: %v", got)
	}
}

func TestDecimalKeepsItsValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{0,12})?`).Draw(t, "text")
		d := MustDecimal(text)
		for _, same := range []string{text, d.String()} {
			if want := rat(t, same); d.Rat().Cmp(want) != 0 {
				t.Fatalf("%q is %v, as text %q", text, d.Rat(), same)
			}
		}
	})
}
