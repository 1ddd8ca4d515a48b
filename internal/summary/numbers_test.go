package summary

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/org/ct-action/internal/metrics"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, champion, challenger, margin string
		want                               pair
	}{
		{"four decimals", "0.8312", "0.8471", "0.005", pair{"0.8312", "0.8471", "+0.0159"}},
		{"change of the exact values", "0.83124", "0.84706", "0.005", pair{"0.8312", "0.8471", "+0.0158"}},
		{"exact tie at the margin", "0.7082", "0.7132", "0.005", pair{"0.7082", "0.7132", "+0.0050"}},
		{"just below the margin", "0.70820", "0.71319", "0.005", pair{"0.70820", "0.71319", "+0.00499"}},
		{"change that would look enough", "0.83126", "0.83624", "0.005", pair{"0.83126", "0.83624", "+0.00498"}},
		{"relation that would look like a tie", "0.83106", "0.83614", "0.005", pair{"0.83106", "0.83614", "+0.00508"}},
		{"order that would vanish", "0.80001", "0.80002", "0", pair{"0.80001", "0.80002", "+0.00001"}},
		{"equal", "1/3", "1/3", "0.005", pair{"0.3333", "0.3333", "0.0000"}},
		{"worse", "0.1400", "0.1500", "0", pair{"0.1400", "0.1500", "+0.0100"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := compare(number4(test.champion), number4(test.challenger), marginOf(metrics.MustDecimal(test.margin)))
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	got := compare(number4("0.5"), metrics.Absent("no rows"), marginOf(metrics.Decimal{}))
	if want := (pair{champion: "0.5000", challenger: "absent (no rows)"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestCompareTrue holds the printed numbers against the exact ones.
func TestCompareTrue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *big.Rat {
			return big.NewRat(rapid.Int64Range(0, 2_000_000).Draw(t, name), 2_000_000)
		}
		a, b := draw("challenger"), draw("champion")
		if rapid.Bool().Draw(t, "close") {
			a = new(big.Rat).Add(b, big.NewRat(rapid.Int64Range(-20_000, 20_000).Draw(t, "apart"), 2_000_000))
		}
		margin := metrics.MustDecimal(rapid.SampledFrom([]string{"0", "0.005", "0.00125"}).Draw(t, "margin"))
		p := compare(metrics.Exact(b), metrics.Exact(a), marginOf(margin))
		shown := func(s string) *big.Rat {
			r, ok := new(big.Rat).SetString(strings.TrimPrefix(s, "+"))
			if !ok {
				t.Fatalf("%q", s)
			}
			return r
		}
		m := margin.Rat()
		bound := func(x *big.Rat) *big.Rat { return new(big.Rat).Add(x, m) }
		change := new(big.Rat).Sub(a, b)
		for _, relation := range []struct {
			name         string
			exact, shown int
		}{
			{"order", a.Cmp(b), shown(p.challenger).Cmp(shown(p.champion))},
			{"gate", a.Cmp(bound(b)), shown(p.challenger).Cmp(bound(shown(p.champion)))},
			{"change", change.Cmp(m), shown(p.change).Cmp(m)},
		} {
			if relation.exact != 0 && relation.exact != relation.shown {
				t.Fatalf("%s of %v: printed %d, exactly %d", relation.name, p, relation.shown, relation.exact)
			}
		}
	})
}

func TestTook(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0.0 s", 98 * time.Millisecond: "0.1 s", 9949 * time.Millisecond: "9.9 s", 9950 * time.Millisecond: "10 s",
		119400 * time.Millisecond: "119 s", 119500 * time.Millisecond: "2 min 0 s", 725 * time.Second: "12 min 5 s", 5*time.Hour + 2*time.Minute: "5 h 2 min",
	} {
		if got := took(d); got != want {
			t.Errorf("took(%v) is %q, want %q", d, got, want)
		}
	}
}
