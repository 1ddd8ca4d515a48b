package metrics

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func rat(t interface{ Fatalf(string, ...any) }, s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("bad fraction %q", s)
	}
	return r
}

func TestFixedAndSigned(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		r             string
		places        int
		fixed, signed string
	}{
		{"0.0159", 4, "0.0159", "+0.0159"},
		{"-0.0012", 4, "-0.0012", "-0.0012"},
		{"1/3", 4, "0.3333", "+0.3333"},
		{"0.00005", 4, "0.0001", "+0.0001"},
		{"-0.00005", 4, "-0.0001", "-0.0001"},
		{"0.00004", 4, "0.0000", "0.0000"},
		{"-0.00004", 4, "0.0000", "0.0000"},
		{"0", 2, "0.00", "0.00"},
		{"-0.4", 0, "0", "0"},
		{"41.5", 0, "42", "+42"},
		{"10", 0, "10", "+10"},
		{"-10", 1, "-10.0", "-10.0"},
	} {
		r := rat(t, test.r)
		if got := Fixed(r, test.places); got != test.fixed {
			t.Errorf("Fixed(%s, %d) = %q, want %q", test.r, test.places, got, test.fixed)
		}
		if got := Signed(r, test.places); got != test.signed {
			t.Errorf("Signed(%s, %d) = %q, want %q", test.r, test.places, got, test.signed)
		}
	}
}

// placesFor is how a gate uses Places: a against b + margin, the margin
// printed as its author wrote it.
func placesFor(least int, a, b, margin *big.Rat) (places, sign int) {
	compare := func(a, b *big.Rat) int { return a.Cmp(new(big.Rat).Add(b, margin)) }
	sign = compare(a, b)
	return Places(least, func(round func(*big.Rat) *big.Rat) bool { return compare(round(a), round(b)) == sign }), sign
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b, margin string
		want         int
	}{
		{"0.8350", "0.8312", "0.005", 4},
		{"0.7132", "0.7082", "0.0050", 4}, // equal, and floats deny it
		{"0.71319", "0.7082", "0.005", 5},
		{"0.713199999", "0.7082", "0.005", 9},
		{"0.14000001", "0.14", "0", 8},
		{"2/3", "1999/3000", "0", 4},
		{"1/3", "0.3333", "0", 5},
		{"100000000000000000001/300000000000000000000", "1/3", "0", 20},
	} {
		got, _ := placesFor(4, rat(t, test.a), rat(t, test.b), rat(t, test.margin))
		if got != test.want {
			t.Errorf("%s against %s + %s: %d decimals, want %d", test.a, test.b, test.margin, got, test.want)
		}
	}
	if got := Places(3, func(func(*big.Rat) *big.Rat) bool { return false }); got != mostPlaces {
		t.Errorf("a relation that never holds: %d decimals", got)
	}
}

func TestPlacesPrintTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := big.NewRat(rapid.Int64Range(0, 1_000_000).Draw(t, "won"), rapid.Int64Range(1_000_000, 2_000_000).Draw(t, "pairs"))
		margin := big.NewRat(rapid.Int64Range(0, 100).Draw(t, "margin"), 10_000)
		nudge := big.NewRat(rapid.Int64Range(-3, 3).Draw(t, "nudge"), rapid.Int64Range(1, 1<<62).Draw(t, "over"))
		a := new(big.Rat).Add(b, margin)
		a.Add(a, nudge)
		places, sign := placesFor(4, a, b, margin)
		if places < 4 || sign != nudge.Sign() {
			t.Fatalf("%d decimals, sign %d of nudge %v", places, sign, nudge)
		}
		printed := func(places int) int { // the relation as a reader would check it
			bound := rat(t, Fixed(b, places))
			return rat(t, Fixed(a, places)).Cmp(bound.Add(bound, margin))
		}
		if printed(places) != sign {
			t.Fatalf("printed with %d decimals the sign is %d, really %d", places, printed(places), sign)
		}
		if places > 4 && printed(places-1) == sign {
			t.Fatalf("%d decimals would do, got %d", places-1, places)
		}
	})
}
