package metrics

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// A Decimal is a number exactly as a person wrote it: 0.005 is 5/1000, never
// the nearest float. Thresholds are Decimals so that a comparison with an
// exact metric has no rounding in it. The zero value is 0.
type Decimal struct {
	value *big.Rat // nil means 0
	text  string   // as written, trailing zeros removed
}

var decimalForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// ParseDecimal reads plain decimal notation ("0.005", "-1", ".5"). Exponents,
// NaN, infinities, fractions and digit separators are refused: nobody writes a
// threshold that way on purpose.
func ParseDecimal(s string) (Decimal, error) {
	s = strings.TrimSpace(s)
	if len(s) > 40 || !decimalForm.MatchString(s) {
		return Decimal{}, fmt.Errorf("%q: expected a decimal number such as 0.005", s)
	}
	value, _ := new(big.Rat).SetString(s) // which accepts every text of this form
	return Decimal{value: value, text: shorten(s)}, nil
}

// MustDecimal is ParseDecimal for constants. It panics on a malformed one.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// shorten drops what adds nothing: a plus sign, trailing zeros, a bare point.
func shorten(s string) string {
	s = strings.TrimPrefix(s, "+")
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	switch {
	case s == "" || s == "-":
		return "0"
	case strings.HasPrefix(s, "."):
		return "0" + s
	case strings.HasPrefix(s, "-."):
		return "-0" + s[1:]
	}
	return s
}

// Rat returns the exact value; the caller owns it.
func (d Decimal) Rat() *big.Rat {
	if d.value == nil {
		return new(big.Rat)
	}
	return new(big.Rat).Set(d.value)
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int { return d.Rat().Sign() }

// String is the number as its author wrote it, without trailing zeros.
func (d Decimal) String() string {
	if d.text == "" {
		return "0"
	}
	return d.text
}

// Over100 is d/100: what "30%" means when the number before the sign is 30.
func (d Decimal) Over100() Decimal {
	value := d.Rat()
	value.Quo(value, big.NewRat(100, 1))
	return Decimal{value: value, text: plain(value)}
}

// Percent is the number as a percentage, exact and without trailing zeros:
// 0.305 is "30.5%".
func (d Decimal) Percent() string {
	value := d.Rat()
	return plain(value.Mul(value, big.NewRat(100, 1))) + "%"
}

// plain writes a rational whose denominator divides a power of ten in full.
func plain(value *big.Rat) string {
	digits, _ := value.FloatPrec()
	return shorten(value.FloatString(digits))
}

// Written is the shortest decimal that reads as a finite float: of a number that
// was written as 0.3 or 3e-1 it is 3/10, which the float itself is not.
func Written(float float64) *big.Rat {
	decimal, _ := new(big.Rat).SetString(strconv.FormatFloat(float, 'g', -1, 64))
	return decimal
}
